"""Registers workers: their pages, their JSON, who asks them, and what ours answer beside Celery's own."""

from typing import Any

from celery.signals import celeryd_init
from flask import Flask

from app.core import live, relay, shell
from app.queues.workers import watch
from app.queues.workers.api import api_bp
from app.queues.workers.events import WorkerCame
from app.queues.workers.views import bp


@celeryd_init.connect
def bring_commands(**_: Any) -> None:  # Any: Celery's signal arguments
    """Let a worker know our commands; other processes need none of Celery's worker code."""
    from app.queues.workers import commands  # noqa: F401


def init_workers(app: Flask) -> None:
    """Serve `/workers` and `/api/workers`, and ask the workers from the relay."""
    live.topic(WorkerCame.topic, permission="queues:read", installation=True)
    relay.duty("workers", watch.EVERY_S, watch.look)
    app.register_blueprint(api_bp)
    app.register_blueprint(bp)
    shell.nav("Work", "Workers", "cpu", "workers.list_workers", "queues:read", mark=watch.silent_mark)
