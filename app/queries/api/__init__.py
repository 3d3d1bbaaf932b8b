"""Statements over JSON."""

from app.queries.api import repeats, statements
from app.queries.api.blueprint import api_bp

__all__ = ["api_bp", "repeats", "statements"]
