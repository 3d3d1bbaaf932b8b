"""Celery's entry for the same test: our worker, and the jobs of tests/faults/spills.py."""

from app.worker import app
from tests.faults import spills

__all__ = ["app", "spills"]
