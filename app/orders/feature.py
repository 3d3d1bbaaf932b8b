"""Orders as the app meets them: addresses, the tab, the live topic, the jobs."""

from flask import Flask

from app.core import live, shell
from app.inventory.reads import register_holders
from app.orders import listeners, reminders, tasks
from app.orders.api import api_bp
from app.orders.reads.holders import find_holders
from app.orders.views import bp


def init_orders(app: Flask) -> None:
    """Register orders."""
    app.register_blueprint(bp)
    app.register_blueprint(api_bp)
    shell.nav("Commerce", "Orders", "receipt-text", "orders.index", "orders:read")
    live.topic("orders", permission="orders:read", rows=listeners.render_rows)
    register_holders(find_holders)


__all__ = ["init_orders", "reminders", "tasks"]
