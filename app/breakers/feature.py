"""Registers the breakers: their engine, their pages and their JSON."""

from flask import Flask

from app.breakers import models

__all__ = ["init_breakers", "models"]  # imported for the tables


def init_breakers(app: Flask) -> None:
    """Serve the breakers."""
