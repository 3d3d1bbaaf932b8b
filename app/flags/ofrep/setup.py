"""Serves OFREP."""

from flask import Flask

from app.flags import use
from app.flags.ofrep import stream
from app.flags.ofrep.origins import allow_origins
from app.flags.ofrep.tables import init_tables
from app.flags.ofrep.views import bp
from config import Settings


def init_ofrep(app: Flask) -> None:
    """Register its addresses, and wake its streams when flags change."""
    settings: Settings = app.config["SETTINGS"]
    init_tables(app)
    app.register_blueprint(bp)
    allow_origins(app, bp, settings.ofrep_sites)
    use.on_change(stream.ring)
