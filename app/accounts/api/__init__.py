"""Accounts as JSON, by noun: coming in, oneself, people, tokens, sessions, companies."""

from app.accounts.api import companies, door, me, people, sessions, tokens
from app.accounts.api.blueprint import bp

__all__ = ["bp", "companies", "door", "me", "people", "sessions", "tokens"]
