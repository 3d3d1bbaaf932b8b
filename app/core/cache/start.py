"""Gives the app its cache, and the relay its duties."""

from flask import Flask

from app.core import feeder, relay
from app.core.cache import invalidation
from app.core.cache.process import init_process
from config import Settings

WATCH_EVERY_S = 1.0


def init_cache(app: Flask, settings: Settings) -> None:
    """Begin with nothing; the first reader starts the thread that tells the figures."""
    init_process(app, settings)
    feeder.before_telling(invalidation.before_telling)
    relay.duty("cache-restarts", WATCH_EVERY_S, invalidation.watch_restarts)
