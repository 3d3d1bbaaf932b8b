"""Starts the watch over statements in this process, and folds in the relay."""

from flask import Flask

from app.core import relay
from app.core.gathering import watch
from app.core.pushed import pushed_of
from app.queries.watch import advice, folding
from app.queries.watch.shipping import EXTENSION, Shipper
from config import Settings

__all__ = ["advice", "init_watch"]  # imported for its listener


def init_watch(app: Flask) -> None:
    """Measure and ship what this process sends."""
    settings: Settings = app.config["SETTINGS"]
    shipper = app.extensions[EXTENSION] = Shipper(app)
    watch.rate = watch.left = settings.query_sample_rate
    watch.when_full = shipper.gather
    pushed_of(app).on_start(shipper.ensure_started)
    relay.duty("query-fold", folding.EVERY_S, folding.fold_or_wait)
