"""What create_app registers of stored files."""

from flask import Flask

from app.storage import models, routing
from app.storage.browsing.setup import init_browsing
from app.storage.care.setup import init_care
from app.storage.cli import storage_cli
from app.storage.connections.setup import init_connections
from app.storage.listeners import init_service
from app.storage.migrating.setup import init_migrating
from app.storage.usage.setup import init_usage
from app.storage.ways import init_ways

__all__ = ["init_storage", "models"]  # imported for the tables they declare


def init_storage(app: Flask) -> None:
    """Serve files, and look after them."""
    app.cli.add_command(storage_cli)
    routing.follow(app)
    init_service(app)
    init_usage(app)
    init_migrating(app)
    init_ways(app)
    init_browsing(app)
    init_care(app)
    init_connections(app)
