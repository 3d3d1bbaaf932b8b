"""What create_app registers of usage."""

from flask import Flask

from app.core import relay, shell
from app.storage.api.quotas import quotas_bp
from app.storage.api.usage import usage_bp
from app.storage.usage import fold, requests, watch
from app.storage.views import index, prices, quotas
from app.storage.views.blueprint import bp
from app.storage.views.tabs import init_tabs

__all__ = ["index", "init_usage", "prices", "quotas"]  # imported for their routes


def init_usage(app: Flask) -> None:
    """Count, follow the days, and show them."""
    requests.init_meter(app)
    relay.duty("storage-fold", fold.EVERY_S, fold.fold)
    relay.duty("storage-quotas", watch.SOFT_EVERY_S, watch.warn_near)
    relay.duty("storage-forecast", watch.FORECAST_EVERY_S, watch.forecast)
    app.register_blueprint(usage_bp)
    app.register_blueprint(quotas_bp)
    app.register_blueprint(bp)
    init_tabs(app)
    shell.nav("Data", "Storage", "hard-drive", "storage.show_usage", "files:read")
