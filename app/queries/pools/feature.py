"""Registers the pools: every process tells of its own, the page shows all, people hear of long waits."""

from flask import Flask

from app.core import relay
from app.core.pushed import pushed_of
from app.queries.pools import alerts
from app.queries.pools.telling import EXTENSION, Teller
from app.queries.pools.views import api_bp, bp


def init_pools(app: Flask) -> None:
    """Serve `/pools` and `/api/pools`, and tell of this process's pools as long as it lives."""
    app.extensions[EXTENSION] = teller = Teller(app)
    pushed_of(app).on_start(teller.ensure_started)
    relay.duty("pools", alerts.EVERY_S, alerts.look_at_pools)
    app.register_blueprint(api_bp)
    app.register_blueprint(bp)
