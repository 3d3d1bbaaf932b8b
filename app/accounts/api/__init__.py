"""Accounts as JSON, by noun: coming in, oneself, people, tokens, sessions, companies."""

from app.accounts.api import door
from app.accounts.api.blueprint import bp

__all__ = ["bp", "door"]
