"""Registers schedules: their pages, their JSON, who looks at the clock, and who watches that."""

from flask import Flask

from app.core import live, relay, shell
from app.core.pushed import pushed_of
from app.queues.schedules import fan_out, models, ticking
from app.queues.schedules.api import api_bp
from app.queues.schedules.events import ScheduleCreated
from app.queues.schedules.shipped import offer_shipped
from app.queues.schedules.views import bp
from app.queues.schedules.watch import Watcher, silent_mark

__all__ = ["fan_out", "init_schedules", "models"]  # imported for the job and the tables


def init_schedules(app: Flask) -> None:
    """Serve `/schedules` and `/api/schedules`, fire from the relay, and add `flask beat`."""
    offer_shipped()
    live.topic(ScheduleCreated.topic, permission="queues:read", installation=True)
    relay.duty("schedules", ticking.EVERY_S, ticking.tick)
    pushed_of(app).on_start(Watcher(app).ensure_started)
    app.cli.add_command(ticking.beat_command)
    app.register_blueprint(api_bp)
    app.register_blueprint(bp)
    shell.nav("Work", "Schedules", "calendar-clock", "schedules.list_schedules", "queues:read", mark=silent_mark)
