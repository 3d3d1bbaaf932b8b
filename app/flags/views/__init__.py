"""The pages of flags."""

from app.flags.views import acts, definition, detail, editing, index, lists, segments
from app.flags.views.blueprint import bp

__all__ = ["acts", "bp", "definition", "detail", "editing", "index", "lists", "segments"]
