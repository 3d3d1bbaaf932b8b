"""Keeps how statements are planned: the dearest ones every ten minutes, any one when somebody asks."""

from dataclasses import dataclass
from datetime import timedelta

import psycopg
import sqlalchemy as sa
import structlog

from app.core import clock
from app.core.db import db
from app.core.errors import Problem
from app.core.ids import CompanyId
from app.core.installation import installation_id
from app.core.tenancy import system_work
from app.queries.explain.problems import ExplainRefused
from app.queries.explain.words import describe
from app.queries.models import CompanyHour, Plan, ServerHour, ServerStatement, Statement, StatementMinute
from app.queries.plans.ask import Planned, ask_plan, find_missing
from app.queries.plans.changes import keep_plan, settle_changes
from app.queries.plans.link import Planners, planners
from app.queries.plans.redact import redact
from app.queries.problems import StatementNotFound

log = structlog.get_logger(__name__)
EVERY_S = 600.0
MOST = 60
RECENT = timedelta(hours=1)
BUSY = timedelta(days=1)
PLANNED = ("select", "insert", "update", "delete", "merge")


@dataclass(frozen=True)
class Asked:
    """A statement as it is asked about.

    Attributes:
        tables: Every table it names.
        role: The login that sends it.
        of_company_id: Who takes most of its time; None when only the installation does.
    """

    fingerprint: str
    text: str
    tables: list[str]
    role: str
    of_company_id: int | None


def capture_plans() -> int:
    """Plan the statements that took most time in the last hour, and note whose plan is another one than before.

    Returns:
        How many were planned.
    """
    done = 0
    with planners() as links:
        for asked in describe_statements(find_dearest()):
            try:
                plan = _plan(links, asked)
            except Problem as problem:
                log.info("a statement was not planned", fingerprint=asked.fingerprint, reason=problem.code)
                continue
            if plan is not None:
                keep_plan(asked.fingerprint, plan)
                done += 1
    settle_changes()
    return done


def capture(fingerprint: str) -> Plan:
    """Plan one statement now, and keep the plan.

    Raises:
        StatementNotFound: No statement has this fingerprint.
        ExplainRefused: It is none that has a plan.
        ExplainFailed: PostgreSQL did not plan it.
    """
    found = describe_statements([fingerprint])
    if not found:
        raise StatementNotFound
    with planners() as links:
        plan = _plan(links, found[0])
    if plan is None:
        raise ExplainRefused(reason="Only a query, an insert, an update, a delete or a merge has a plan.")
    return keep_plan(fingerprint, plan)


def _plan(links: Planners, asked: Asked) -> Planned | None:
    try:
        link = links.of(asked.role, asked.of_company_id)
        if gone := find_missing(link, asked.tables):
            raise ExplainRefused(reason=f"It names a table that is there only while it runs, or no more: {gone[0]}.")
        plan = ask_plan(link, asked.text)
    except psycopg.Error as error:
        raise describe(error) from None
    return None if plan is None else redact(plan)


def find_dearest() -> list[str]:
    """Return the statements that took most time in the last hour."""
    whose, since = installation_id(), clock.now() - RECENT
    total = sa.func.sum(StatementMinute.total_us)
    statement = (
        sa.select(StatementMinute.fingerprint)
        .where(StatementMinute.company_id == whose, StatementMinute.at >= since)
        .group_by(StatementMinute.fingerprint)
        .order_by(total.desc())
        .limit(MOST)
    )
    with system_work():
        return list(db.session.scalars(statement))


def describe_statements(fingerprints: list[str]) -> list[Asked]:
    """Return what is needed to plan statements, in the same order; those that have no plan are left out."""
    whose = installation_id()
    texts = sa.select(Statement.fingerprint, Statement.text, Statement.tables).where(
        Statement.company_id == whose, Statement.fingerprint.in_(fingerprints), Statement.verb.in_(PLANNED)
    )
    with system_work():
        known = {row.fingerprint: row for row in db.session.execute(texts)}
        roles, companies = _roles(whose, list(known)), _companies(whose, list(known))
    return [
        Asked(one, known[one].text, known[one].tables, roles.get(one, ""), companies.get(one, whose))
        for one in fingerprints
        if one in known
    ]


def _roles(whose: CompanyId, fingerprints: list[str]) -> dict[str, str]:
    """Return the login that sends each most."""
    statement = (
        sa.select(ServerStatement.fingerprint, ServerStatement.role)
        .join(ServerHour, sa.and_(ServerHour.company_id == whose, ServerHour.key == ServerStatement.key))
        .where(ServerStatement.company_id == whose, ServerStatement.fingerprint.in_(fingerprints))
        .where(ServerHour.at >= clock.now() - BUSY)
        .group_by(ServerStatement.fingerprint, ServerStatement.role)
        .order_by(sa.func.sum(ServerHour.calls))
    )
    return {row.fingerprint: row.role for row in db.session.execute(statement)}


def _companies(whose: CompanyId, fingerprints: list[str]) -> dict[str, int]:
    """Return the company that takes most of each one's time."""
    statement = (
        sa.select(CompanyHour.fingerprint, CompanyHour.of_company_id)
        .where(CompanyHour.company_id == whose, CompanyHour.fingerprint.in_(fingerprints))
        .where(CompanyHour.at >= clock.now() - BUSY, CompanyHour.of_company_id > 0)
        .group_by(CompanyHour.fingerprint, CompanyHour.of_company_id)
        .order_by(sa.func.sum(CompanyHour.total_us))
    )
    return {row.fingerprint: row.of_company_id for row in db.session.execute(statement)}
