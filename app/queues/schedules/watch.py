"""Does anybody look at the clock? Every web process asks, because who should have told is who fell silent."""

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog
from flask import Flask, current_app
from sqlalchemy.exc import SQLAlchemyError

from app.core import clock, guards, process, shell
from app.core.context import SYSTEM_ACTOR, acting_as
from app.core.db import db, transaction
from app.core.installation import installation
from app.core.outbox import record
from app.queues.schedules.events import SchedulerSilent
from app.queues.schedules.models import Scheduler

log = structlog.get_logger(__name__)
# The alarm comes at most SILENT_AFTER + LOOK_EVERY after the last tick: 75 s with HEARTBEAT_S in between.
SILENT_AFTER, LOOK_EVERY_S = timedelta(seconds=60), 10.0
EXTENSION = "quarterdeck-clock-watch"


@dataclass(frozen=True)
class Liveness:
    """Who looks at the clock.

    Attributes:
        last_tick_at: The newest look; None when nobody ever did.
        processes: Those that looked within the last minute.
    """

    last_tick_at: datetime | None
    processes: tuple[str, ...]

    @property
    def is_silent(self) -> bool:
        """Whether nobody looks."""
        return not self.processes


def read_liveness() -> Liveness:
    """Return who looks at the clock, inside the installation."""
    rows = db.session.scalars(sa.select(Scheduler).order_by(Scheduler.ticked_at.desc()).limit(20)).all()
    since = clock.now() - SILENT_AFTER
    alive = tuple(sorted(row.process for row in rows if row.ticked_at >= since))
    return Liveness(rows[0].ticked_at if rows else None, alive)


def look() -> Liveness:
    """Read who looks, remember it for the rail, and give the alarm once when nobody does."""
    with installation():
        found = read_liveness()
        current_app.extensions[EXTENSION] = found
        if found.is_silent and found.last_tick_at is not None:
            give_alarm(found.last_tick_at)
    return found


def give_alarm(last_tick_at: datetime) -> bool:
    """Record that nobody looks any more; False when somebody has told already, or looks again."""
    told = (
        sa.update(Scheduler)
        .where(Scheduler.ticked_at == last_tick_at, sa.not_(Scheduler.is_told))
        .values(is_told=True)
        .returning(Scheduler.process)
    )
    with acting_as(SYSTEM_ACTOR), transaction():
        last = db.session.scalars(told).first()
        if last is None:
            return False
        record(SchedulerSilent(process=last, last_tick_at=last_tick_at))
        log.error("nobody looks at the clock; schedules do not run", last=last, since=clock.rfc3339(last_tick_at))
        return True


def silent_mark() -> shell.Mark | None:
    """Return what the rail says, as this process last saw it: the rail must ask nobody."""
    found: Liveness | None = current_app.extensions.get(EXTENSION)
    return shell.Mark("bad", "!", "nobody looks at the clock") if found is not None and found.is_silent else None


class Watcher:
    """The thread of a web process that looks every ten seconds; it begins after a fork."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()

    def ensure_started(self) -> None:
        """Start the thread in a web process unless it runs."""
        if process.kind() != "web":
            return
        with self._starting:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="clock-watch", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        pause = threading.Event()
        while not pause.wait(LOOK_EVERY_S):
            try:
                with self.app.app_context(), guards.unguarded():
                    look()
            except SQLAlchemyError as error:
                log.warning("clock not watched", error=str(getattr(error, "orig", error)).strip())
