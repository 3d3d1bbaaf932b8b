"""Registers the flags: their process side, their pages and their JSON."""

from flask import Flask

from app.flags import models

__all__ = ["init_flags", "models"]  # imported for the tables


def init_flags(app: Flask) -> None:
    """Serve the flags."""
