"""Registers the page of the read cache and its JSON."""

from flask import Flask


def init_caching(app: Flask) -> None:
    """Serve what is known of the cache."""
