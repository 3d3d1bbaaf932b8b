"""Registers how plans are asked for: their JSON and their pages."""

from app.queries.explain import api
from app.queries.views import explain as views

__all__ = ["api", "views"]  # imported for their routes
