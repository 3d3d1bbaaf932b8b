"""Forecasts as the app meets them: acts, JSON, jobs, and parts of the inventory's pages."""

from flask import Flask

from app.forecasts import models, tasks
from app.forecasts.api import api_bp
from app.forecasts.panel import register_panels
from app.forecasts.views import bp


def init_forecasts(app: Flask) -> None:
    """Register forecasts."""
    app.register_blueprint(bp)
    app.register_blueprint(api_bp)
    register_panels()


__all__ = ["init_forecasts", "models", "tasks"]
