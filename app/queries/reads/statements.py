"""Statements with their figures: what people and scripts ask first."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from app.core.cursor import decode_cursor, encode_cursor
from app.core.db import db
from app.core.histogram import Histogram
from app.core.setting import current_settings
from app.queries.models import Origin, Statement
from app.queries.problems import StatementNotFound
from app.queries.reads.details import (
    CompanyShare,
    RepeatView,
    companies_of,
    list_repeats,
    origins_of,
    samples_of,
    samples_of_request,
)
from app.queries.reads.figures import MS, Curves, Figures, Source, Sums, ms_at, read_curves, read_spreads, read_sums
from app.queries.reads.spans import Span, span_of

__all__ = [
    "CompanyShare", "Figures", "Listed", "Point", "RepeatView", "Span", "StatementView", "companies_of",
    "find_statement", "histogram_of", "history", "list_repeats", "list_statements", "origins_of", "samples_of",
    "samples_of_request", "span_of",
]  # fmt: skip
Sort = Literal["total", "p95", "calls", "mean", "timeouts"]
SHOWN_ORIGINS = 3
WORTH = 0.01  # of all time: a quick statement that takes so much is worth a look, too
MOST_WORDS = 8


@dataclass(frozen=True)
class StatementView(Figures):
    """One statement and its figures.

    Attributes:
        before: The same figures of the span before; None when it was not called then.
        origins: Who sends it most.
        spark: p95 in milliseconds of each step; None where nothing was called.
    """

    fingerprint: str
    text: str
    verb: str
    tables: list[str]
    before: Figures | None
    origins: list[str]
    spark: list[float | None]
    known_at: datetime | None
    known_by: str
    known_reason: str
    first_seen_at: datetime
    last_seen_at: datetime
    version: int


@dataclass(frozen=True)
class Listed:
    """Statements of a span.

    Attributes:
        total_ms: Of all statements of the span, whatever is shown; `calls` and `statements` as well.
    """

    items: list[StatementView]
    total_ms: float
    calls: int
    statements: int
    next_cursor: str | None


@dataclass(frozen=True)
class Point:
    """One step of a statement's curves; it begins at `at`."""

    at: datetime
    calls: int
    p95_ms: float | None
    total_ms: float
    timeouts: int


def list_statements(
    span: Span, *, sort: Sort = "total", q: str = "", table: str = "", origin: str = "",
    company_id: int | None = None, only_slow: bool = False, or_share: float = WORTH, limit: int = 50,
    after: str | None = None,
) -> Listed:  # fmt: skip
    """Return the statements of a span, those that cost most first.

    Args:
        span: When.
        sort: What is most.
        q: Words that all stand in the text.
        table: A table it names.
        origin: A part of the name of who sends it.
        company_id: Whose requests and jobs, by the hour; 0 for the installation's own, None for everybody's.
        only_slow: Only what is worth a look: p95 at the watch limit, stopped by a time limit, or a share of all time.
        or_share: That share; more than 1 leaves only what is slow.
        limit: How many.
        after: Where the page before ended.

    Raises:
        InvalidCursor: `after` was not made here.
    """
    source = Source(span, company_id)
    sums = read_sums(source, span.start, span.end)
    all_us = sum(one.total_us for one in sums.values())
    chosen = _matching(set(sums), q, table, origin)
    if only_slow:
        chosen = _worth_a_look(source, sums, chosen, or_share * all_us)
    value_of = _order(sort, source, sums, chosen)
    ranked = sorted(chosen, key=lambda one: (-value_of(one), one))
    if after is not None:
        value, last = decode_cursor(after, int | float, str)
        ranked = [one for one in ranked if (-value_of(one), one) > (-value, last)]
    shown = ranked[:limit]
    more = encode_cursor(value_of(shown[-1]), shown[-1]) if len(ranked) > limit else None
    calls = sum(one.calls for one in sums.values())
    return Listed(_views(source, shown, sums, all_us), all_us / MS, calls, len(sums), more)


def find_statement(fingerprint: str, span: Span) -> StatementView:
    """Return one statement; its figures are 0 when the span has none.

    Raises:
        StatementNotFound: It was never measured.
    """
    source = Source(span)
    found = read_sums(source, span.start, span.end)
    views = _views(source, [fingerprint], found, sum(one.total_us for one in found.values()))
    if not views:
        raise StatementNotFound
    return views[0]


def history(fingerprint: str, span: Span) -> list[Point]:
    """Return a statement's curves, one point a step, without holes."""
    source = Source(span)
    curves = read_curves(source, [fingerprint])[fingerprint]
    step = f"floor(extract(epoch FROM at - CAST(:start AS timestamptz)) / {span.step_s})::int"
    rows = db.session.execute(
        sa.text(
            f"SELECT {step}, sum(calls)::bigint, sum(total_us)::bigint, sum(timeouts)::bigint FROM {source.rows} "
            "AND at >= :start AND at < :end AND fingerprint = :fingerprint GROUP BY 1"
        ),
        {**source.values(span.start, span.end), "fingerprint": fingerprint},
    )
    sums = {row[0]: row[1:] for row in rows}
    points = []
    for number in range(span.steps):
        calls, total_us, timeouts = sums.get(number, (0, 0, 0))
        at = datetime.fromtimestamp(span.start.timestamp() + number * span.step_s, span.start.tzinfo)
        p95 = ms_at(curves.steps.get(number, Histogram()), 0.95)
        points.append(Point(at, calls, p95, total_us / MS, timeouts))
    return points


def histogram_of(fingerprint: str, span: Span) -> tuple[Histogram, Histogram]:
    """Return how long its calls took, in microseconds: in the span, and in the one before."""
    curves = read_curves(Source(span), [fingerprint])[fingerprint]
    return curves.now, curves.before


def _matching(among: set[str], q: str, table: str, origin: str) -> list[str]:
    """Return which of some statements match; those whose text has not arrived yet match nothing but an empty filter."""
    if not (q or table or origin) or not among:
        return sorted(among)
    wanted = sa.select(Statement.fingerprint).where(Statement.fingerprint.in_(among))
    for word in q.split()[:MOST_WORDS]:
        wanted = wanted.where(Statement.text.icontains(word, autoescape=True))
    if table:
        wanted = wanted.where(Statement.tables.contains([table]))
    if origin:
        sent = sa.select(Origin.fingerprint).where(Origin.endpoint.icontains(origin, autoescape=True))
        wanted = wanted.where(Statement.fingerprint.in_(sent))
    return list(db.session.scalars(wanted))


def _worth_a_look(source: Source, sums: dict[str, Sums], among: list[str], enough_us: float) -> list[str]:
    limit_us = current_settings().query_watch_ms * MS
    sure = {one for one in among if sums[one].timeouts or sums[one].total_us >= enough_us}
    # A p95 can only be over the limit where some call was.
    open_ones = [one for one in among if one not in sure and sums[one].max_us >= limit_us]
    spreads = read_spreads(source, open_ones)
    slow = {one for one, found in spreads.items() if (found.quantile(0.95) or 0) >= limit_us}
    return sorted(sure | slow)


def _order(sort: Sort, source: Source, sums: dict[str, Sums], chosen: list[str]) -> Callable[[str], int]:
    """Return what statements are ordered by, as whole numbers: cursors hold them."""
    if sort == "p95":
        p95 = {one: int(found.quantile(0.95) or 0) for one, found in read_spreads(source, chosen).items()}
        return lambda one: p95[one]
    if sort == "mean":
        return lambda one: sums[one].total_us * 1000 // max(sums[one].calls, 1)
    name = {"total": "total_us", "calls": "calls", "timeouts": "timeouts"}[sort]
    return lambda one: int(getattr(sums[one], name))


def _views(source: Source, shown: list[str], sums: dict[str, Sums], all_us: int) -> list[StatementView]:
    span = source.span
    statements = {
        one.fingerprint: one for one in db.session.scalars(sa.select(Statement).where(Statement.fingerprint.in_(shown)))
    }
    curves = read_curves(source, shown)
    before = read_sums(source, span.before_start, span.start)
    before_us = sum(one.total_us for one in before.values())
    origins = _top_origins(shown)
    return [
        _view(statements[one], sums.get(one, Sums()), all_us, before.get(one), before_us, curves[one], origins, span)
        for one in shown
        if one in statements
    ]


def _view(
    one: Statement, sums: Sums, all_us: int, before: Sums | None, before_us: int, curves: Curves,
    origins: dict[str, list[str]], span: Span,
) -> StatementView:  # fmt: skip
    spark = [ms_at(curves.steps.get(step, Histogram()), 0.95) for step in range(span.steps)]
    figures: dict[str, Any] = sums.figures(curves.now, all_us).__dict__  # Any: its fields
    return StatementView(
        **figures, fingerprint=one.fingerprint, text=one.text, verb=one.verb, tables=one.tables,
        before=before.figures(curves.before, before_us) if before is not None else None,
        origins=origins.get(one.fingerprint, []), spark=spark, known_at=one.known_at, known_by=one.known_by,
        known_reason=one.known_reason, first_seen_at=one.first_seen_at, last_seen_at=one.last_seen_at,
        version=one.version,
    )  # fmt: skip


def _top_origins(fingerprints: list[str]) -> dict[str, list[str]]:
    calls = sa.func.sum(Origin.calls)
    rows = db.session.execute(
        sa.select(Origin.fingerprint, Origin.endpoint)
        .where(Origin.fingerprint.in_(fingerprints))
        .group_by(Origin.fingerprint, Origin.endpoint)
        .order_by(Origin.fingerprint, calls.desc())
    )
    found: dict[str, list[str]] = {}
    for fingerprint, endpoint in rows:
        names = found.setdefault(fingerprint, [])
        if len(names) < SHOWN_ORIGINS:
            names.append(endpoint)
    return found
