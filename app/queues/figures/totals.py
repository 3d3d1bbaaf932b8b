"""Counters that only grow: everything up to an hour as one row a worker and name, and the minutes since."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import InstrumentedAttribute

from app.core import clock
from app.core.db import db, transaction
from app.core.histogram import Histogram
from app.core.installation import installation, installation_id
from app.core.tenancy import system_work
from app.queues.figures.fold import hour_of, minute_of
from app.queues.figures.gaps import folded_until, open_gaps
from app.queues.figures.models import FailureGroup, FigureGap, JobHour, JobMinute, JobTotal, QueueSample, WorkerMinute
from app.queues.figures.sums import COUNTS, HOURS_SETTLE, READ, Sum, gather

EVERY_S = 300.0
MINUTES_KEPT, HOURS_KEPT, SAMPLES_KEPT = timedelta(days=3), timedelta(days=90), timedelta(days=31)
DELETED_AT_ONCE = 5000
EXTENSION = "quarterdeck-job-totals"
BEGINNING = datetime.fromisoformat("2000-01-01T00:00:00Z")


@dataclass(frozen=True)
class Whose:
    """Who did what; the worker is "" for what was only queued."""

    worker: str
    queue: str
    name: str


def keep_totals() -> None:
    """Add hours that no longer change to the totals, and forget what is old: the relay's duty."""
    reached = folded_until()
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
        found = _together(_kept()[1], _since(since, until))
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
    """Return everything since the first job, but for gaps that are not folded yet. Inside the installation.

    A scrape is frequent: what no longer changes is added up once in each process, and only the last minutes every time.
    """
    now, settled = clock.now(), _settled()
    if gaps := open_gaps():
        return _between(gaps, now)
    until = minute_of(now - HOURS_SETTLE)
    if settled.added != _added_until():
        added, kept = _kept()
        settled.added, settled.until, settled.sums = added, until, _together(kept, _since(added, until))
    elif settled.until < until:
        settled.sums, settled.until = _together(settled.sums, _since(settled.until, until)), until
    return _together(settled.sums, _since(settled.until, now))


def _between(gaps: Iterable[FigureGap], until: datetime) -> dict[Whose, Sum]:
    """Return the totals while minutes are missing: a half-filled gap is left out until it is closed."""
    since, found = _kept()
    for gap in gaps:
        found = _together(found, _since(since, gap.since)) if since < gap.since else found
        since = max(since, gap.until)
    return _together(found, _since(since, until))


@dataclass
class Settled:
    """What this process has added up of the totals.

    Attributes:
        added: Up to where the totals' rows go that it is made of.
        until: The minute after the last one that is in it.
    """

    added: datetime | None = None
    until: datetime = BEGINNING
    sums: dict[Whose, Sum] = field(default_factory=dict)


def _settled() -> Settled:
    found: Settled = current_app.extensions.setdefault(EXTENSION, Settled())
    return found


def _added_until() -> datetime:
    here = JobTotal.company_id == installation_id()
    return db.session.scalar(sa.select(sa.func.max(JobTotal.until)).where(here)) or BEGINNING


def _since(since: datetime, until: datetime) -> dict[Whose, Sum]:
    rows = (
        f"(SELECT worker, queue, name, {READ} FROM worker_minutes "
        "WHERE company_id = :company AND at >= :since AND at < :until)"
    )
    values = {"company": installation_id(), "since": since, "until": until}
    return {Whose(*key): one for key, one in gather(rows, ("worker", "queue", "name"), values).items()}


def _kept() -> tuple[datetime, dict[Whose, Sum]]:
    """Return the totals, and up to where they go: of the same rows, for the relay may add an hour at any moment."""
    statement = sa.select(JobTotal).where(JobTotal.company_id == installation_id())
    rows = db.session.scalars(statement.execution_options(populate_existing=True)).all()
    until = max((row.until for row in rows), default=BEGINNING)
    return until, {Whose(row.worker, row.queue, row.name): _sum_of(row) for row in rows}


def _sum_of(row: JobTotal) -> Sum:
    counts = {count: getattr(row, count) for count in COUNTS}
    return Sum(**counts, waits=Histogram.read(row.wait_hist), runs=Histogram.read(row.run_hist))


def _together(some: dict[Whose, Sum], more: dict[Whose, Sum]) -> dict[Whose, Sum]:
    return {whose: some.get(whose, Sum()) + more.get(whose, Sum()) for whose in {**some, **more}}


def forget_old() -> int:
    """Drop what is older than it is kept; return how many rows. Minutes stay until all before them is in hours and totals."""
    now, dropped = clock.now(), 0
    old_minutes = min(now - MINUTES_KEPT, hour_of(folded_until() or now))
    olds: Iterable[tuple[type[Any], Any, datetime]] = (
        (JobMinute, JobMinute.at, old_minutes),
        (WorkerMinute, WorkerMinute.at, old_minutes),
        (JobHour, JobHour.at, now - HOURS_KEPT),
        (FailureGroup, FailureGroup.last_seen, now - HOURS_KEPT),
    )
    with system_work():
        for table, at, before in olds:
            dropped += _forget(table, at, before)
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
