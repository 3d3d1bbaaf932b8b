"""What create_app registers of usage."""

from flask import Flask

from app.core import relay
from app.storage.api.usage import usage_bp
from app.storage.usage import fold, requests


def init_usage(app: Flask) -> None:
    """Count, follow the days, and show them."""
    requests.METER.app = app
    relay.duty("storage-fold", fold.EVERY_S, fold.fold)
    app.register_blueprint(usage_bp)
