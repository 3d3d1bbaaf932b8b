"""Table of contents: what is registered, in order. Nobody but create_app imports it."""

from pathlib import Path

from flask import Flask

from app.accounts.start import init_accounts
from app.core import relay, tasks
from app.health.views import init_health
from app.limits.front import init_limits
from app.orders.feature import init_orders
from app.orders.imports.cli import orders_cli
from app.realtime.setup import init_realtime
from config import Settings

ROOT = Path(__file__).parent.parent


def register(app: Flask, settings: Settings) -> None:
    """Register every feature, lowest first."""
    relay.init_relay(app)
    tasks.init_tasks(app, settings)
    init_accounts(app)
    init_limits(app, settings)
    init_health(app)
    init_orders(app)
    app.cli.add_command(orders_cli)
    init_realtime(app, settings)
