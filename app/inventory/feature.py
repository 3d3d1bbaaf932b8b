"""What create_app registers of the inventory."""

from flask import Flask

from app.core import live, shell
from app.inventory import api, export_job, listeners, views
from app.inventory.address import init_addresses

__all__ = ["export_job", "init_inventory"]  # imported for the jobs it declares


def init_inventory(app: Flask) -> None:
    """Register pages, JSON, the live topic and the tab in the rail."""
    init_addresses(app)
    app.register_blueprint(views.bp)
    app.register_blueprint(api.api_bp)
    app.register_blueprint(api.stock_takes_bp)
    live.topic(listeners.TOPIC, permission="inventory:read", rows=listeners.render_rows)
    live.topic("alerts", permission="inventory:read")
    shell.nav("Commerce", "Inventory", "boxes", "inventory.list_items", "inventory:read")
