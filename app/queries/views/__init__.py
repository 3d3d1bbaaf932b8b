"""Pages of statements: what they cost, one of them, and what is read again and again."""

from app.queries.views.blueprint import bp

__all__ = ["bp"]
