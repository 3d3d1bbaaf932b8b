"""Registers the pages and the JSON of statements, and what people are told of them."""

from flask import Flask

from app.core import live, relay, shell
from app.core.pushed import pushed_of
from app.queries import alerts, mark
from app.queries.api import api_bp
from app.queries.views import bp

TOPIC = "queries"


def init_console(app: Flask) -> None:
    """Serve `/slow-queries` and `/api/query-optimizer`; call it after every module that hangs a route on them."""
    live.topic(TOPIC, permission="queries:read", installation=True)
    app.register_blueprint(api_bp)
    app.register_blueprint(bp)
    pushed_of(app).register(mark.KEEPER, mark.refresh)
    relay.duty("query-alerts", alerts.EVERY_S, alerts.look_for_trouble)
    shell.nav("Data", "Slow queries", "timer", "queries.list_statements", "queries:read", mark=mark.rail_mark)
