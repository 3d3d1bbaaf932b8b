"""Account pages, by place: the door, mailed links, settings, people, tokens, sessions, companies."""

from app.accounts.views import companies, door, links, people, sessions, settings, tokens
from app.accounts.views.blueprint import bp

__all__ = ["bp", "companies", "door", "links", "people", "sessions", "settings", "tokens"]
