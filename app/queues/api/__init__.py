"""Jobs and queues as JSON."""

from app.queues.api import bulk, failures, job_acts, jobs
from app.queues.api.blueprint import api_bp

__all__ = ["api_bp", "bulk", "failures", "job_acts", "jobs"]
