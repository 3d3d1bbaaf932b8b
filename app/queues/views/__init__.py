"""The pages of jobs and queues."""

from app.queues.views import job, jobs
from app.queues.views.blueprint import bp

__all__ = ["bp", "job", "jobs"]
