"""The pages of jobs and queues."""

from app.queues.views import bulk, job, job_acts, jobs
from app.queues.views.blueprint import bp

__all__ = ["bp", "bulk", "job", "job_acts", "jobs"]
