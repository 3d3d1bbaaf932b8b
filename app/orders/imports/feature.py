"""Registers imports and exports: pages, JSON, jobs, the command."""

from flask import Flask

from app.orders.imports import downloads, report, tasks
from app.orders.imports.api import api_bp
from app.orders.imports.cli import orders_cli
from app.orders.imports.views import bp


def init_imports(app: Flask) -> None:
    """Serve `/orders/import`, `/orders/imports/<id>`, `/orders/export.csv` and their JSON."""
    app.jinja_env.filters["grouped"] = report.grouped
    app.register_blueprint(api_bp)
    app.register_blueprint(bp)
    app.cli.add_command(orders_cli)


__all__ = ["downloads", "init_imports", "tasks"]
