"""The relay and the web process of the measurement: they know the measured job."""

from app import create_app
from bench import queue_jobs

app = create_app()

__all__ = ["app", "queue_jobs"]
