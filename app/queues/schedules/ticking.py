"""Looking at the clock: the leading relay does it every second, and so does every `flask beat`."""

import signal
import threading
import time
from datetime import timedelta

import click
import sqlalchemy as sa
import structlog
from flask import Flask, current_app
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError

from app.core import clock, guards, process
from app.core.context import SYSTEM_ACTOR, acting_as
from app.core.db import db, transaction
from app.core.installation import installation, installation_id
from app.core.outbox import record
from app.core.pushed import pushed_of
from app.queues.schedules.events import SchedulerBack
from app.queues.schedules.firing import end_pauses, fire_due
from app.queues.schedules.models import Scheduler
from app.queues.schedules.runs import forget_old
from app.queues.schedules.shipped import make_shipped

log = structlog.get_logger(__name__)
EVERY_S, HEARTBEAT_S, SWEEP_S = 1.0, 5.0, 3600.0
FORGOTTEN = timedelta(hours=1)
EXTENSION = "quarterdeck-clock"


class Watch:
    """When this process last did what it does less often than looking; on the monotonic clock.

    Attributes:
        beaten_at: When it last said that it looks.
        swept_at: When it last forgot old runs; None before the shipped schedules were made.
    """

    def __init__(self) -> None:
        self.beaten_at = float("-inf")
        self.swept_at: float | None = None


def tick() -> int:
    """Fire what is due, end pauses that are over, and say that somebody looks; return how many jobs were queued."""
    watch: Watch = current_app.extensions.setdefault(EXTENSION, Watch())
    now = time.monotonic()
    if watch.swept_at is None:
        make_shipped()
    if watch.swept_at is None or now - watch.swept_at > SWEEP_S:
        watch.swept_at = now
        forget_old()
    fired = fire_due()
    end_pauses()
    # Last, so that a process which cannot fire does not say that it looks.
    if now - watch.beaten_at >= HEARTBEAT_S:
        say_alive()
        watch.beaten_at = now
    return fired


def say_alive() -> None:
    """Write that this process looks at the clock; whoever comes back after a silence ends the alarm."""
    now, name = clock.now(), process.label()
    row = {"company_id": installation_id(), "process": name, "started_at": now, "ticked_at": now, "is_told": False}
    statement = insert(Scheduler).values(row)
    statement = statement.on_conflict_do_update(index_elements=["company_id", "process"], set_={"ticked_at": now})
    told = sa.update(Scheduler).where(Scheduler.is_told).values(is_told=False).returning(Scheduler.ticked_at)
    with installation(), acting_as(SYSTEM_ACTOR), transaction():
        silent_since = db.session.scalars(told.execution_options(synchronize_session=False)).all()
        db.session.execute(statement)
        if silent_since:
            record(SchedulerBack(process=name, silent_s=int((now - max(silent_since)).total_seconds())))
        gone = sa.delete(Scheduler).where(Scheduler.ticked_at < now - FORGOTTEN)
        db.session.execute(gone.execution_options(synchronize_session=False))


@click.command("beat")
def beat_command() -> None:
    """Fire schedules, until stopped. The relay does so as well; run this beside it to have two."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    run(current_app._get_current_object(), stopping)  # type: ignore[attr-defined]  # noqa: SLF001


def run(app: Flask, stopping: threading.Event) -> None:
    """Look every second until told to stop. An outage of the database is waited out."""
    process.set_kind("beat")
    pushed_of(app).ensure_started()
    log.info("beat looks at the clock")
    is_away = False
    while not stopping.is_set():
        try:
            with app.app_context(), guards.unguarded():
                tick()
            is_away = False
        except SQLAlchemyError as error:
            if not is_away:
                log.warning("database away", error=str(getattr(error, "orig", error)).strip())
            is_away = True
        stopping.wait(EVERY_S)
