"""The worker of the measurement: it knows the measured job."""

from app.worker import app, celery
from bench import queue_jobs

__all__ = ["app", "celery", "queue_jobs"]
