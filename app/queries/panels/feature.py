"""Registers the panels: their pages, their JSON, and the look that tells people of trouble."""

from app.core import relay
from app.queries.panels import api
from app.queries.panels.watch import EVERY_S, watch_database
from app.queries.views import backends, live, tables

__all__ = ["api", "backends", "init_panels", "live", "tables"]  # imported for their routes


def init_panels() -> None:
    """Hang the panels on the pages and the JSON of statements, and have the relay look every minute."""
    relay.duty("database-watch", EVERY_S, watch_database)
