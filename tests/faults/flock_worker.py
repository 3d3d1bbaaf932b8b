"""Celery's entry for the test of lost jobs: our worker, and the job of tests/faults/flock.py."""

from app.worker import app
from tests.faults import flock

__all__ = ["app", "flock"]
