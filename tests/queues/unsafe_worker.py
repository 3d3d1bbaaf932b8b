"""An installation whose broker gives messages away while their jobs still run."""

from flask import Flask

from app import create_app
from app.extensions import celery

_conf = celery.conf


def make_app() -> Flask:
    """Make the app, then break its settings."""
    app = create_app()
    _conf.broker_transport_options["visibility_timeout"] = 600
    return app


flask_app = make_app()
app = celery
