"""What create_app registers of migrations and second places."""

from flask import Flask

from app.core import live, metrics, relay
from app.storage import mirroring
from app.storage.migrating import cli, tasks
from app.storage.migrating.events import MigrationChanged

__all__ = ["cli", "init_migrating", "tasks"]  # imported for the commands and the job


def init_migrating(app: Flask) -> None:
    """Keep migrations going and copies made."""
    live.topic(MigrationChanged.topic, permission="storage:read", installation=True)
    relay.duty("storage-mirrors", mirroring.EVERY_S, mirroring.catch_up)
    relay.duty("storage-migrations", tasks.EVERY_S, tasks.keep_going)
    metrics.at_scrape("storage-mirrors", mirroring.collect)
