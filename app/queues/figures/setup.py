"""Registers what the relay does for the figures."""

from flask import Flask

from app.core import relay
from app.queues.api.stats import stats_bp
from app.queues.figures import models, samples

__all__ = ["init_figures", "models"]  # imported for the tables


def init_figures(app: Flask) -> None:
    """Fold and look while leading; answer with what came of it."""
    app.register_blueprint(stats_bp)
    relay.duty("queue-figures", samples.EVERY_S, samples.keep_figures)
