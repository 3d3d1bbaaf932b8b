"""Registers the page of the read cache and its JSON."""

from flask import Flask

from app.caching.api import api_bp
from app.caching.views import TOPIC, bp
from app.core import live, shell


def init_caching(app: Flask) -> None:
    """Serve what is known of the cache."""
    live.topic(TOPIC, permission="cache:read", installation=True)
    app.register_blueprint(api_bp)
    app.register_blueprint(bp)
    shell.nav("Data", "Cache", "zap", "cache.show_cache", "cache:read")
