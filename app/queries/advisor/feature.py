"""Registers the advisor: its job, its pages and JSON, and the duty that judges what was built."""

from app.core import relay
from app.queries.advisor import tasks
from app.queries.advisor.verdict import EVERY_S, follow_up
from app.queries.api import advice as api
from app.queries.views import advice as views

__all__ = ["api", "init_advisor", "tasks", "views"]  # imported for the job and the routes


def init_advisor() -> None:
    """Judge what was built; call it before the blueprints are registered."""
    relay.duty("query-advice", EVERY_S, follow_up)
