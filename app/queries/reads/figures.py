"""Figures of statements over a span, added up from minutes or hours."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

import orjson
import sqlalchemy as sa

from app.core.db import db
from app.core.histogram import Histogram
from app.core.installation import installation_id
from app.queries.reads.spans import Span

MS = 1000.0
SUMS = (
    "sum(calls)::bigint AS calls, sum(errors)::bigint AS errors, sum(timeouts)::bigint AS timeouts, "
    "sum(rows)::bigint AS rows, sum(total_us)::bigint AS total_us, max(max_us)::bigint AS max_us"
)


@dataclass(frozen=True)
class Figures:
    """What a statement cost in a span. Percentiles are exact to 1 %; None of no call.

    Attributes:
        errors: Calls that failed, `timeouts` of them by a time limit; both are calls as well.
        share: Of the time of all statements, 0 to 1.
    """

    calls: int
    errors: int
    timeouts: int
    rows: int
    total_ms: float
    mean_ms: float | None
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    max_ms: float | None
    share: float


@dataclass
class Sums:
    """Sums of one statement, before they are figures. Times are microseconds."""

    calls: int = 0
    errors: int = 0
    timeouts: int = 0
    rows: int = 0
    total_us: int = 0
    max_us: int = 0

    def figures(self, histogram: Histogram, all_us: int) -> Figures:
        """Return what people read."""
        return Figures(
            calls=self.calls, errors=self.errors, timeouts=self.timeouts, rows=self.rows,
            total_ms=self.total_us / MS, mean_ms=self.total_us / self.calls / MS if self.calls else None,
            p50_ms=ms_at(histogram, 0.5), p95_ms=ms_at(histogram, 0.95), p99_ms=ms_at(histogram, 0.99),
            max_ms=self.max_us / MS if self.calls else None, share=self.total_us / all_us if all_us else 0.0,
        )  # fmt: skip


def ms_at(histogram: Histogram, share: float) -> float | None:
    """Return the milliseconds that a share of the calls does not exceed."""
    found = histogram.quantile(share)
    return None if found is None else found / MS


@dataclass
class Curves:
    """Histograms of one statement: of each step of the span, and of the whole span before."""

    steps: dict[int, Histogram] = field(default_factory=dict)
    before: Histogram = field(default_factory=Histogram)

    @cached_property
    def now(self) -> Histogram:
        """The whole span's."""
        counts: Counter[int] = Counter()
        for one in self.steps.values():
            add_into(counts, one.counts.items())
        return Histogram(counts)


@dataclass(frozen=True)
class Source:
    """Where figures stand: of all companies by the minute or the hour, or of one company by the hour.

    Attributes:
        company_id: 0 is the installation's own work; None for everybody's.
    """

    span: Span
    company_id: int | None = None

    @property
    def rows(self) -> str:
        """What is selected from, with its condition up to the instants."""
        if self.company_id is None:
            return f"{self.span.table} WHERE company_id = :whose"
        return "query_company_hours WHERE company_id = :whose AND of_company_id = :of_company"

    def values(self, start: datetime, end: datetime) -> dict[str, Any]:  # Any: SQL values
        """Return the values of the condition; a company's figures begin at a full hour."""
        if self.company_id is not None:
            start, end = (at.replace(minute=0, second=0, microsecond=0) for at in (start, end))
            end = self.span.end if end == self.span.end.replace(minute=0, second=0, microsecond=0) else end
        return {"whose": installation_id(), "of_company": self.company_id, "start": start, "end": end}


def read_sums(source: Source, start: datetime, end: datetime, only: Collection[str] | None = None) -> dict[str, Sums]:
    """Return the sums of statements between two instants.

    Args:
        source: From where.
        start: Belongs to it.
        end: Does not.
        only: These statements; None for all.
    """
    values = {**source.values(start, end), "only": list(only or ())}
    chosen = "AND fingerprint = ANY(CAST(:only AS text[]))" if only is not None else ""
    found = db.session.execute(
        sa.text(f"SELECT fingerprint, {SUMS} FROM {source.rows} AND at >= :start AND at < :end {chosen} GROUP BY 1"),
        values,
    )
    return {row[0]: Sums(*row[1:]) for row in found}


def read_spreads(source: Source, only: Collection[str]) -> dict[str, Histogram]:
    """Return how long calls of many statements took in the span, added up where the rows are."""
    found = {one: Histogram() for one in only}
    if not found:
        return found
    values = {**source.values(source.span.start, source.span.end), "only": list(only)}
    rows = f"(SELECT fingerprint, buckets FROM {source.rows} AND at >= :start AND at < :end) r"
    added = db.session.execute(
        sa.text(
            f"SELECT fingerprint, key::int, sum(value::bigint)::bigint FROM {rows}, jsonb_each_text(buckets) "
            "WHERE fingerprint = ANY(CAST(:only AS text[])) GROUP BY 1, 2"
        ),
        values,
    )
    for fingerprint, bucket, number in added:
        found[fingerprint].counts[bucket] = number
    return found


def read_curves(source: Source, only: Collection[str]) -> dict[str, Curves]:
    """Return the histograms of statements, in steps, and of the span before."""
    if not only:
        return {}
    span = source.span
    values = {**source.values(span.before_start, span.end), "only": list(only)}
    found = {one: Curves() for one in only}
    for fingerprint, at, buckets in db.session.execute(
        sa.text(
            f"SELECT fingerprint, at, buckets::text FROM {source.rows} AND at >= :start AND at < :end "
            "AND fingerprint = ANY(CAST(:only AS text[]))"
        ),
        values,
    ):
        curves, step = found[fingerprint], max(span.step_of(at), -1)
        is_before = at < values_start(source)
        into = curves.before if is_before else curves.steps.setdefault(max(step, 0), Histogram())
        add_into(into.counts, ((int(bucket), number) for bucket, number in orjson.loads(buckets).items()))
    return found


def add_into(counts: Counter[int], buckets: Iterable[tuple[int, int]]) -> None:
    """Add buckets; `+=` on a Counter that lacks the key is a call in Python, and a week has half a million of them."""
    get = counts.get
    for bucket, number in buckets:
        counts[bucket] = get(bucket, 0) + number


def values_start(source: Source) -> datetime:
    """Return where the span of a source begins."""
    start: datetime = source.values(source.span.start, source.span.end)["start"]
    return start
