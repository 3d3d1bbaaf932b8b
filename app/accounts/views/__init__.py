"""Account pages, by place: the door, mailed links, settings, people, tokens, sessions, companies."""

from app.accounts.views import door, links
from app.accounts.views.blueprint import bp

__all__ = ["bp", "door", "links"]
