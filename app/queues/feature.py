"""Registers the pages of jobs."""

from flask import Flask

from app.core import live, relay, shell
from app.core.jobs import holds
from app.queues import listeners, reconcile, tasks
from app.queues.api import api_bp
from app.queues.console import init_console
from app.queues.figures.setup import init_figures
from app.queues.holding import init_holding
from app.queues.lint.start import init_lint
from app.queues.schedules.feature import init_schedules
from app.queues.service import pauses
from app.queues.views import bp
from app.queues.workers.feature import init_workers

END_PAUSES_EVERY_S = 1.0
__all__ = ["init_queues", "tasks"]  # imported for its jobs


def init_queues(app: Flask) -> None:
    """Serve `/jobs` and `/api/jobs`, live on one topic for each permission that jobs may ask for."""
    for topic, permission in listeners.TOPICS.items():
        live.topic(topic, permission=permission, rows=listeners.rows_for(permission))
    live.topic("queues", permission="queues:read", installation=True)
    holds.follow(app)
    init_holding(app)
    init_lint(app)
    relay.duty("job-pauses", END_PAUSES_EVERY_S, pauses.end_pauses)
    relay.duty("job-reconciler", reconcile.EVERY_S, reconcile.reconcile)
    init_figures(app)
    app.register_blueprint(api_bp)
    app.register_blueprint(bp)
    init_console(app)
    shell.nav("Work", "Jobs", "play", "jobs.list_jobs", "jobs:read")
    init_schedules(app)
    init_workers(app)
