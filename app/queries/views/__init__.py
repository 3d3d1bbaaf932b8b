"""Pages of statements: what they cost, one of them, and what is read again and again."""

from app.queries.views import export, index, known, repeats, statement
from app.queries.views.blueprint import bp

__all__ = ["bp", "export", "index", "known", "repeats", "statement"]
