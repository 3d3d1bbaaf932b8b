"""All statements of a span together."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from app.core.db import db
from app.core.histogram import Histogram
from app.queries.models import CompanyHour, StatementHour, StatementMinute
from app.queries.reads.server import Window

HOUR_S = 3600
Counted = type[StatementMinute] | type[StatementHour] | type[CompanyHour]


@dataclass(frozen=True)
class Overall:
    """What all statements cost. Times are microseconds."""

    statements: int
    calls: int
    errors: int
    timeouts: int
    total_us: int
    histogram: Histogram


def overall(span: Window, company_id: int | None = None) -> Overall:
    """Return the sums of a span, of one company or of everybody.

    Args:
        span: Minutes where it is an hour, else whole hours. A company's work is kept by the hour only.
        company_id: Whose work; 0 is the installation's own, None everybody's.
    """
    table, since = _source(span, is_company=company_id is not None)
    rows = [table.at >= since, table.at < span.end]
    if company_id is not None:
        rows.append(CompanyHour.of_company_id == company_id)
    sums = [sa.func.coalesce(sa.func.sum(column), 0) for column in (table.calls, table.errors, table.timeouts)]
    row = db.session.execute(
        sa.select(
            sa.func.count(table.fingerprint.distinct()), *sums, sa.func.coalesce(sa.func.sum(table.total_us), 0)
        ).where(*rows)
    ).one()
    statements, calls, errors, timeouts, total_us = (int(figure) for figure in row)
    return Overall(statements, calls, errors, timeouts, total_us, Histogram.read(_buckets(table, rows)))


def folded_at() -> datetime | None:
    """Return the newest minute that was written down; None before the first."""
    return db.session.scalar(sa.select(sa.func.max(StatementMinute.at)))


def _source(span: Window, *, is_company: bool) -> tuple[Counted, datetime]:
    is_short = (span.end - span.start).total_seconds() <= HOUR_S
    if is_company:
        return CompanyHour, span.start.replace(minute=0, second=0, microsecond=0)
    if is_short:
        return StatementMinute, span.start.replace(second=0, microsecond=0)
    return StatementHour, span.start.replace(minute=0, second=0, microsecond=0)


def _buckets(table: Counted, rows: list[sa.ColumnElement[bool]]) -> dict[str, int]:
    each: Any = sa.func.jsonb_each_text(table.buckets).table_valued("key", "value").alias("each")  # Any: its columns
    total = sa.func.sum(sa.cast(each.c.value, sa.BigInteger))
    statement = sa.select(each.c.key, total).select_from(table).join(each, sa.true()).where(*rows)
    return {key: int(count) for key, count in db.session.execute(statement.group_by(each.c.key))}
