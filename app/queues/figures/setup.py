"""Registers what the relay does for the figures."""

from flask import Flask

from app.core import relay
from app.queues.figures import models, samples

__all__ = ["init_figures", "models"]  # imported for the tables


def init_figures(app: Flask) -> None:
    """Fold and look while leading."""
    relay.duty("queue-figures", samples.EVERY_S, samples.keep_figures)
