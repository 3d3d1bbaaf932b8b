"""Where one statement comes from, whose time it takes, and single calls of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from app.core.db import db
from app.core.installation import installation_id
from app.core.tenancy import platform_reads
from app.queries.models import CompanyHour, Origin, Repeat, Sample, Statement
from app.queries.reads.figures import MS
from app.queries.reads.spans import Span

MOST_ORIGINS, MOST_COMPANIES, MOST_SAMPLES = 50, 50, 200
OURS = "The installation"


@dataclass(frozen=True)
class CompanyShare:
    """What one company's requests and jobs took of a statement; `share` is of all its time. 0 is the installation."""

    company_id: int
    name: str
    slug: str
    total_ms: float
    calls: int
    share: float


@dataclass(frozen=True)
class RepeatView:
    """A statement that one request sent again and again (app/queries/models.py: Repeat)."""

    fingerprint: str
    text: str
    verb: str
    tables: list[str]
    endpoint: str
    line: str
    kind: str
    times: int
    most: int
    advice: str
    request_id: str
    first_seen_at: datetime
    last_seen_at: datetime


def origins_of(fingerprint: str) -> Sequence[Origin]:
    """Return who sends a statement and from which line, most time first."""
    asked = sa.select(Origin).where(Origin.fingerprint == fingerprint)
    return db.session.scalars(asked.order_by(Origin.total_us.desc(), Origin.line).limit(MOST_ORIGINS)).all()


def companies_of(fingerprint: str, span: Span) -> list[CompanyShare]:
    """Return whose time a statement takes, most first; figures of companies begin at a full hour."""
    total = sa.func.sum(CompanyHour.total_us)
    asked = (
        sa.select(CompanyHour.of_company_id, total, sa.func.sum(CompanyHour.calls))
        .where(
            CompanyHour.company_id == installation_id(),
            CompanyHour.fingerprint == fingerprint,
            CompanyHour.at >= span.start.replace(minute=0),
            CompanyHour.at < span.end,
        )
        .group_by(CompanyHour.of_company_id)
        .order_by(total.desc())
    )
    rows = [(int(company), int(took), int(calls)) for company, took, calls in db.session.execute(asked)]
    all_us = sum(took for _, took, _ in rows)
    rows = rows[:MOST_COMPANIES]
    names = _names([company for company, _, _ in rows if company])
    return [
        CompanyShare(
            company, *names.get(company, (OURS, "") if not company else ("A company that is gone", "")), took / MS,
            calls, took / all_us if all_us else 0.0,
        )
        for company, took, calls in rows
    ]  # fmt: skip


def _names(companies: list[int]) -> dict[int, tuple[str, str]]:
    if not companies:
        return {}
    with platform_reads():
        asked = sa.text("SELECT id, name, slug FROM companies WHERE id = ANY(CAST(:ids AS bigint[]))")
        return {row.id: (row.name, row.slug) for row in db.session.execute(asked, {"ids": companies})}


def samples_of(fingerprint: str, limit: int = 20) -> Sequence[Sample]:
    """Return single calls of a statement, the newest first."""
    asked = sa.select(Sample).where(Sample.company_id == installation_id(), Sample.fingerprint == fingerprint)
    return db.session.scalars(asked.order_by(Sample.at.desc(), Sample.id.desc()).limit(min(limit, MOST_SAMPLES))).all()


def samples_of_request(request_id: str) -> Sequence[Sample]:
    """Return the calls of one request that were kept, in their order."""
    asked = sa.select(Sample).where(Sample.company_id == installation_id(), Sample.request_id == request_id)
    return db.session.scalars(asked.order_by(Sample.at, Sample.id).limit(MOST_SAMPLES)).all()


def list_repeats(limit: int = 50) -> list[RepeatView]:
    """Return what single requests and jobs sent again and again, the worst first."""
    asked = (
        sa.select(Repeat, Statement)
        .join(Statement, Statement.fingerprint == Repeat.fingerprint)
        .where(Repeat.company_id == installation_id(), Statement.company_id == installation_id())
        .order_by(Repeat.most.desc(), Repeat.times.desc(), Repeat.fingerprint)
        .limit(limit)
    )
    return [
        RepeatView(
            one.fingerprint, sent.text, sent.verb, sent.tables, one.endpoint, one.line, one.kind, one.times, one.most,
            one.advice, one.request_id, one.first_seen_at, one.last_seen_at,
        )
        for one, sent in db.session.execute(asked)
    ]  # fmt: skip
