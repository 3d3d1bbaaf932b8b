"""Registers the live layer."""

from flask import Flask

from app.core import live, shell
from app.realtime.api import api_bp
from app.realtime.cli import live_cli
from app.realtime.maintenance import init_maintenance
from app.realtime.sockets import init_sockets
from app.realtime.views import bp
from config import Settings


def init_realtime(app: Flask, settings: Settings) -> None:
    """Serve sockets, `/api/events` and `/live`."""
    live.topic("accounts", permission="users:read")
    live.topic("notices", permission="events:read")
    live.topic("system", permission="events:read")
    init_sockets(app, settings)
    init_maintenance(app)
    app.register_blueprint(api_bp)
    app.register_blueprint(bp)
    app.cli.add_command(live_cli)
    shell.nav("Platform", "Live", "radio", "realtime.index", "sessions:read")
