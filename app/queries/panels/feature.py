"""Registers the panels: their pages, their JSON, and the look that tells people of trouble."""

from app.queries.panels import api
from app.queries.views import backends, live, tables

__all__ = ["api", "backends", "init_panels", "live", "tables"]  # imported for their routes


def init_panels() -> None:
    """Hang the panels on the pages and the JSON of statements."""
