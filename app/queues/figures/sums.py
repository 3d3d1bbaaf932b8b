"""Sums over a window, read from hours where they are whole and from minutes at the edges.

What a scope sees decides what is summed: inside a company its own jobs, inside the installation everybody's.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from app.core import clock
from app.core.cache import OfCompany
from app.core.db import db
from app.core.histogram import Histogram
from app.core.tenancy import current_company_id
from app.queues.figures.fold import MINUTE, hour_of, minute_of

WINDOWS = {
    "5m": timedelta(minutes=5), "1h": timedelta(hours=1), "3h": timedelta(hours=3), "24h": timedelta(days=1),
    "7d": timedelta(days=7), "30d": timedelta(days=30),
}  # fmt: skip
FROM_HOURS = timedelta(hours=3)  # longer windows read hours
# An hour is folded again in the first minutes after it: only older ones are read.
HOURS_SETTLE = timedelta(minutes=10)
LONG = timedelta(days=2)
COUNTS = ("queued", "done", "failed", "retried", "cancelled", "lost", "late", "waited_ms", "ran_ms")

Kept = tuple[tuple[str, ...], tuple[int, ...], dict[int, int], dict[int, int]]
LONG_SUMS: OfCompany[list[Kept]] = OfCompany(
    "queues.long-sums", "queues", list[Kept], meaning="jobs of whole hours over days", tables=()
)

READ = f"{', '.join(COUNTS)}, wait_hist, run_hist"


@dataclass
class Sum:
    """What some jobs did in a window: the counts of app/queues/figures/models.py, and how long they waited and ran."""

    queued: int = 0
    done: int = 0
    failed: int = 0
    retried: int = 0
    cancelled: int = 0
    lost: int = 0
    late: int = 0
    waited_ms: int = 0
    ran_ms: int = 0
    waits: Histogram = field(default_factory=Histogram)
    runs: Histogram = field(default_factory=Histogram)

    def __add__(self, other: "Sum") -> "Sum":
        counts = {count: getattr(self, count) + getattr(other, count) for count in COUNTS}
        return Sum(**counts, waits=self.waits + other.waits, runs=self.runs + other.runs)

    @property
    def ended(self) -> int:
        """Attempts that ended, however."""
        return self.done + self.failed + self.retried + self.cancelled + self.lost

    @property
    def kept_share(self) -> float | None:
        """Share of the attempts that began within the target; None when none did."""
        return 1 - self.late / self.ended if self.ended else None


@dataclass(frozen=True)
class Span:
    """A window as it is read: hours from `hours_since` to `hours_until`, minutes before and after."""

    since: datetime
    until: datetime
    hours_since: datetime
    hours_until: datetime

    @property
    def minutes(self) -> float:
        """Its length, at least one."""
        return max((self.until - self.since) / MINUTE, 1.0)


def span_of(window: timedelta, now: datetime | None = None) -> Span:
    """Return the window that ends now; long ones begin at a full hour, for minutes are not kept as long."""
    until = (now or clock.now()) + timedelta(microseconds=1)
    if window <= FROM_HOURS:
        since = minute_of(until - window)
        return Span(since, until, since, since)
    since = hour_of(until - window)
    return Span(since, until, since, max(hour_of(until - HOURS_SETTLE), since))


def source(columns: str) -> str:
    """Return the rows of a span as a subquery, by explicit company, so that the key's index is used."""
    return (
        f"(SELECT {columns} FROM job_hours WHERE company_id = :company AND at >= :hours_since AND at < :hours_until "
        f"UNION ALL SELECT {columns} FROM job_minutes WHERE company_id = :company "
        "AND ((at >= :since AND at < :hours_since) OR (at >= :hours_until AND at < :until)))"
    )


def values_of(span: Span) -> dict[str, Any]:  # Any: SQL values
    """Return what `source` needs."""
    return {**span.__dict__, "company": current_company_id()}


def add_up(
    by: Sequence[str], span: Span, *, queue: str | None = None, histograms: bool = True
) -> dict[tuple[str, ...], Sum]:
    """Return sums by queue, by name, or by both.

    Args:
        by: Some of `queue` and `name`.
        span: When.
        queue: Only this one.
        histograms: False leaves them empty, which costs less.
    """
    asked = (tuple(by), queue, histograms)
    if span.hours_until - span.hours_since < LONG:
        return _read(span, asked)
    edge = replace(span, since=span.hours_until, hours_since=span.hours_until)  # a long window begins at a full hour
    return together(_long_ago(span, asked), _read(edge, asked))


Asked = tuple[tuple[str, ...], str | None, bool]


def _read(span: Span, asked: Asked) -> dict[tuple[str, ...], Sum]:
    by, queue, histograms = asked
    only = "WHERE queue = :queue" if queue else ""
    rows = f"(SELECT * FROM {source(f'queue, name, {READ}')} r {only})"
    return gather(rows, by, {**values_of(span), "queue": queue}, histograms=histograms)


def _long_ago(span: Span, asked: Asked) -> dict[tuple[str, ...], Sum]:
    """Return the whole hours of a long window. They hardly ever change, so nothing but their time ends what is kept."""
    whole = replace(span, since=span.hours_since, until=span.hours_until)

    def load() -> list[Kept]:
        return [
            (key, tuple(getattr(one, count) for count in COUNTS), dict(one.waits.counts), dict(one.runs.counts))
            for key, one in _read(whole, asked).items()
        ]

    kept = LONG_SUMS.read(current_company_id(), [whole.since, whole.until, asked], load)
    return {
        key: Sum(**dict(zip(COUNTS, counts, strict=True)), waits=histogram(waits), runs=histogram(runs))
        for key, counts, waits, runs in kept
    }


def histogram(counts: dict[int, int]) -> Histogram:
    """Return the histogram of some buckets."""
    return Histogram(Counter(counts))


def together(some: dict[tuple[str, ...], Sum], more: dict[tuple[str, ...], Sum]) -> dict[tuple[str, ...], Sum]:
    """Return the sums of both."""
    return {key: some.get(key, Sum()) + more.get(key, Sum()) for key in {**some, **more}}


def gather(
    rows: str, by: Sequence[str], values: dict[str, Any], *, histograms: bool = True
) -> dict[tuple[str, ...], Sum]:
    """Return the sums of some rows. PostgreSQL adds up; what arrives is one row a key, and one a bucket.

    Args:
        rows: A subquery with the columns of `READ` and the keys.
        by: The columns that make a key.
        values: The subquery's.
        histograms: False leaves them empty.
    """
    keys, listed = ", ".join(by), ", ".join(f"sum({count})::bigint" for count in COUNTS)
    totals = "'sum' AS kind, NULL::int AS bucket, NULL::bigint AS n"
    arms = [f"SELECT {keys}, {totals}, ARRAY[{listed}] AS counts FROM {rows} r GROUP BY {keys}"]
    if histograms:
        arms += [
            f"SELECT {keys}, '{kind}', b.key::int, sum(b.value::bigint)::bigint, NULL "
            f"FROM {rows} r CROSS JOIN LATERAL jsonb_each_text(r.{kind}_hist) b GROUP BY {keys}, b.key"
            for kind in ("wait", "run")
        ]
    found: dict[tuple[str, ...], Sum] = defaultdict(Sum)
    # One statement sees one instant: of two, the second could know a queue, or a run, that the first did not.
    for row in db.session.execute(sa.text(" UNION ALL ".join(arms)), values):
        *key, kind, bucket, number, counts = row
        one = found[tuple(key)]
        if kind == "sum":
            for name, count in zip(COUNTS, counts, strict=True):
                setattr(one, name, count)
        else:
            (one.waits if kind == "wait" else one.runs).counts[bucket] += number
    return dict(found)
