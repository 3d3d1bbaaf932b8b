"""What create_app registers of other people's buckets."""

from flask import Flask

from app.core import live, shell
from app.storage.api.connections import connections_api_bp
from app.storage.connections import tasks
from app.storage.views.connections import connections_bp

__all__ = ["init_connections", "tasks"]  # imported for the job


def init_connections(app: Flask) -> None:
    """Serve `/connections` and `/api/connections`."""
    live.topic("connections", permission="storage:read", installation=True)
    app.register_blueprint(connections_bp)
    app.register_blueprint(connections_api_bp)
    shell.nav("Platform", "Connections", "plug", "connections.list_connections", "storage:read")
