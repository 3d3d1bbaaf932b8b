"""The pages of jobs and queues."""

from app.queues.views import bulk, failures, job, job_acts, jobs
from app.queues.views.blueprint import bp

__all__ = ["bp", "bulk", "failures", "job", "job_acts", "jobs"]
