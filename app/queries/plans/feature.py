"""Registers the look at plans."""

from app.core import relay
from app.queries.plans.capture import EVERY_S, capture_plans


def init_plans() -> None:
    """Let the leading relay plan the dearest statements every ten minutes."""
    relay.duty("query-plans", EVERY_S, capture_plans)
