"""Registers what the relay does for the figures."""

from flask import Flask

from app.core import relay
from app.queues import prometheus
from app.queues.api.stats import stats_bp
from app.queues.figures import models, samples, totals

__all__ = ["init_figures", "models"]  # imported for the tables


def init_figures(app: Flask) -> None:
    """Fold and look while leading; answer with what came of it."""
    app.register_blueprint(stats_bp)
    prometheus.init_prometheus()
    relay.duty("queue-figures", samples.EVERY_S, samples.keep_figures)
    relay.duty("queue-totals", totals.EVERY_S, totals.keep_totals)
