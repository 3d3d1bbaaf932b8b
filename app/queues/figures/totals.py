"""Counters that only grow: everything up to an hour as one row a worker and name, and the minutes since."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import InstrumentedAttribute

from app.core import clock
from app.core.db import db, transaction
from app.core.installation import installation, installation_id
from app.core.tenancy import system_work
from app.queues.figures.fold import hour_of, newest_minute
from app.queues.figures.histogram import Histogram
from app.queues.figures.models import FailureGroup, JobHour, JobMinute, JobTotal, QueueSample, WorkerMinute
from app.queues.figures.sums import COUNTS, HOURS_SETTLE, Sum

EVERY_S = 300.0
MINUTES_KEPT, HOURS_KEPT, SAMPLES_KEPT = timedelta(days=3), timedelta(days=90), timedelta(days=31)
DELETED_AT_ONCE = 5000
BEGINNING = datetime.fromisoformat("2000-01-01T00:00:00Z")


@dataclass(frozen=True)
class Whose:
    """Who did what; the worker is "" for what was only queued."""

    worker: str
    queue: str
    name: str


def keep_totals() -> None:
    """Add hours that no longer change to the totals, and forget what is old: the relay's duty."""
    reached = newest_minute()
    if reached is not None:
        add_hours(hour_of(min(reached, clock.now()) - HOURS_SETTLE))
    forget_old()


def add_hours(until: datetime) -> None:
    """Add what workers did since the last time to the totals. Once added, a minute is never read again.

    Args:
        until: The beginning of an hour; nothing before it is folded again.
    """
    with system_work(), transaction():
        since = _added_until()
        if since >= until:
            return
        found = _sums(WorkerMinute, sa.and_(WorkerMinute.at >= since, WorkerMinute.at < until))
        for whose, kept in _sums(JobTotal, sa.true()).items():
            found[whose] = found[whose] + kept if whose in found else kept
        rows = [
            {
                "company_id": installation_id(), "worker": whose.worker, "queue": whose.queue, "name": whose.name,
                "until": until, **{count: getattr(one, count) for count in COUNTS},
                "wait_hist": one.waits.stored(), "run_hist": one.runs.stored(),
            }
            for whose, one in found.items()
        ]  # fmt: skip
        if rows:
            statement = insert(JobTotal).values(rows)
            keys = ["company_id", "worker", "queue", "name"]
            changed = {name: statement.excluded[name] for name in rows[0] if name not in keys}
            db.session.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed))


def totals() -> dict[Whose, Sum]:
    """Return everything since the first job. Inside the installation."""
    since = _added_until()
    found = _sums(JobTotal, sa.true())
    for whose, one in _sums(WorkerMinute, WorkerMinute.at >= since).items():
        found[whose] = found[whose] + one if whose in found else one
    return found


def _added_until() -> datetime:
    here = JobTotal.company_id == installation_id()
    return db.session.scalar(sa.select(sa.func.max(JobTotal.until)).where(here)) or BEGINNING


def _sums(table: type[WorkerMinute | JobTotal], where: sa.ColumnElement[bool]) -> dict[Whose, Sum]:
    columns = [table.worker, table.queue, table.name, *(getattr(table, count) for count in COUNTS)]
    statement = sa.select(*columns, table.wait_hist, table.run_hist).where(table.company_id == installation_id(), where)
    found: dict[Whose, Sum] = {}
    for row in db.session.execute(statement):
        whose = Whose(row.worker, row.queue, row.name)
        one = _sum_of(row)
        found[whose] = found[whose] + one if whose in found else one
    return found


def _sum_of(row: Any) -> Sum:  # Any: the row's columns
    counts = {count: getattr(row, count) for count in COUNTS}
    return Sum(**counts, waits=Histogram.read(row.wait_hist), runs=Histogram.read(row.run_hist))


def forget_old() -> int:
    """Drop what is older than it is kept; return how many rows."""
    now, dropped = clock.now(), 0
    olds: Iterable[tuple[type[Any], Any, timedelta]] = (
        (JobMinute, JobMinute.at, MINUTES_KEPT),
        (WorkerMinute, WorkerMinute.at, MINUTES_KEPT),
        (JobHour, JobHour.at, HOURS_KEPT),
        (FailureGroup, FailureGroup.last_seen, HOURS_KEPT),
    )
    with system_work():
        for table, at, kept in olds:
            dropped += _forget(table, at, now - kept)
    with installation():
        return dropped + _forget(QueueSample, QueueSample.minute, now - SAMPLES_KEPT)


def _forget(table: type[Any], at: InstrumentedAttribute[datetime], before: datetime) -> int:
    ctid: sa.ColumnElement[str] = sa.literal_column("ctid")
    dropped = 0
    while True:
        old = sa.select(ctid).select_from(table).where(at < before).limit(DELETED_AT_ONCE)
        with transaction():
            found = db.session.execute(
                sa.delete(table).where(ctid.in_(old)).execution_options(synchronize_session=False)
            )
        some = int(getattr(found, "rowcount", 0))
        dropped += some
        if some < DELETED_AT_ONCE:
            return dropped
