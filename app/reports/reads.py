"""Questions about reports."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from app.core.cursor import decode_cursor, encode_cursor
from app.core.db import db
from app.core.errors import NotFound
from app.reports.models import Report


@dataclass(frozen=True)
class ReportPage:
    """One page, newest first."""

    items: Sequence[Report]
    next_cursor: str | None


def list_reports(*, limit: int = 50, after: str | None = None) -> ReportPage:
    """Return the company's reports, newest first."""
    statement = sa.select(Report).order_by(Report.id.desc()).limit(limit + 1)
    if after:
        statement = statement.where(Report.id < decode_cursor(after, Report.id)[0])
    found = db.session.scalars(statement).all()
    return ReportPage(found[:limit], encode_cursor(found[limit - 1].id) if len(found) > limit else None)


def find_report(report_id: str) -> Report:
    """Return one report.

    Raises:
        NotFound: There is none in this company.
    """
    row = db.session.scalars(sa.select(Report).where(Report.id == report_id)).one_or_none()
    if row is None:
        raise NotFound
    return row
