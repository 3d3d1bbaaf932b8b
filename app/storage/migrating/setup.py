"""What create_app registers of migrations and second places."""

from flask import Flask

from app.core import live, metrics, relay
from app.storage import mirroring
from app.storage.api.migrations import migrations_api_bp
from app.storage.migrating import cli, tasks
from app.storage.migrating.events import MigrationChanged
from app.storage.views.migrations import migrations_bp, moving_now

__all__ = ["cli", "init_migrating", "tasks"]  # imported for the commands and the job


def init_migrating(app: Flask) -> None:
    """Keep migrations going and copies made."""
    live.topic(MigrationChanged.topic, permission="storage:read", installation=True)
    relay.duty("storage-mirrors", mirroring.EVERY_S, mirroring.catch_up)
    relay.duty("storage-migrations", tasks.EVERY_S, tasks.keep_going)
    metrics.at_scrape("storage-mirrors", mirroring.collect)
    app.register_blueprint(migrations_api_bp)
    app.register_blueprint(migrations_bp)
    app.jinja_env.globals["moving_now"] = moving_now
