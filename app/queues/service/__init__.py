"""What people do to jobs and queues."""

from app.queues.service.jobs import JobIsOver, cancel_job

__all__ = ["JobIsOver", "cancel_job"]
