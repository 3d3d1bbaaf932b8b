"""Registers the readings of PostgreSQL's counters."""

from app.core import relay
from app.queries.server.collect import EVERY_S, collect_counters


def init_server() -> None:
    """Let the leading relay read the counters every minute."""
    relay.duty("server-statements", EVERY_S, collect_counters)
