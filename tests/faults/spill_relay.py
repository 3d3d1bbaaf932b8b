"""The relay's app for the same test: it sends only jobs whose code it knows."""

from app import create_app
from tests.faults import spills

__all__ = ["create_app", "spills"]
