"""Registers the pages and the JSON of statements."""

from flask import Flask

from app.core import live
from app.queries.api import api_bp
from app.queries.views import bp

TOPIC = "queries"


def init_console(app: Flask) -> None:
    """Serve `/slow-queries` and `/api/query-optimizer`; call it after every module that hangs a route on them."""
    live.topic(TOPIC, permission="queries:read", installation=True)
    app.register_blueprint(api_bp)
    app.register_blueprint(bp)
