"""Gives an app its replicas: who watches them, and who remembers for writers."""

from flask import Flask

from app.core.pushed import pushed_of
from app.core.replicas import written
from app.core.replicas.watch import EXTENSION, Watch
from config import Settings


def init_replicas(app: Flask, settings: Settings) -> None:
    """Watch the replicas in every process that lives for long."""
    app.extensions[EXTENSION] = watch = Watch(app, settings)
    pushed_of(app).on_start(watch.ensure_started)
    written.init_written(app, settings)
