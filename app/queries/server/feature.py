"""Registers the readings of PostgreSQL's counters, and what shows them."""

from app.core import relay
from app.queries.server import api, views
from app.queries.server.collect import EVERY_S, collect_counters

__all__ = ["api", "init_server", "views"]  # imported for the routes


def init_server() -> None:
    """Let the leading relay read the counters every minute."""
    relay.duty("server-statements", EVERY_S, collect_counters)
