"""When a statement is planned in another way than before: both plans, the release, and what came of it.

A plan is looked at every ten minutes, so a change lies between two looks (`detail["between"]`). What calls took is
compared over the hour before the first and the hour after the second, once there is enough to compare.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import current_app

from app.core import clock
from app.core.db import db, transaction
from app.core.histogram import Histogram
from app.core.ids import CompanyId, new_ulid
from app.core.installation import installation_id
from app.core.tenancy import system_work
from app.queries.models import Change, Plan, Statement, StatementMinute
from app.queries.plans.structure import difference, structure_of

LOOK = timedelta(hours=1)
SETTLES = timedelta(minutes=10)
GIVEN_UP = timedelta(days=1)
LEAST_CALLS = 30
SLOWER = 1.5
How = str


def keep_plan(fingerprint: str, plan: dict[str, Any], how: How = "generic") -> Plan:  # Any: PostgreSQL's own
    """Keep a plan, or note that it is as before; a statement that was known is watched again when it is not.

    Args:
        fingerprint: Whose plan.
        plan: Without a value in it.
        how: `generic` plans are compared with each other; the others are only kept.
    """
    whose, now, structure = installation_id(), clock.now(), structure_of(plan)
    with system_work(), transaction() as session:
        mine = (Plan.company_id == whose, Plan.fingerprint == fingerprint, Plan.how == how)
        lock_statement(whose, fingerprint)
        before = session.scalar(sa.select(Plan).where(*mine).order_by(Plan.last_seen_at.desc()).limit(1))
        known = session.scalar(sa.select(Plan).where(*mine, Plan.structure == structure))
        kept = known or add_plan(whose, fingerprint=fingerprint, structure=structure, how=how, plan=plan, taken_at=now)
        if known is not None:
            known.plan, known.cost, known.seen = plan, cost_of(plan), known.seen + 1
        if how == "generic" and before is not None and before.structure != structure:
            note_change(whose, before, kept, now)
        kept.last_seen_at = now
    return kept


def add_plan(whose: CompanyId, *, plan: dict[str, Any], taken_at: datetime, **columns: str) -> Plan:  # Any: as above
    """Write a plan of a new shape."""
    new = sa.insert(Plan).values(
        company_id=whose, id=new_ulid(), plan=plan, cost=cost_of(plan), release=release_now(), taken_at=taken_at,
        last_seen_at=taken_at, **columns,
    )  # fmt: skip
    return db.session.scalars(new.returning(Plan)).one()


def lock_statement(whose: CompanyId, fingerprint: str) -> None:
    """Let one plan of a statement be kept at a time."""
    mine = (Statement.company_id == whose, Statement.fingerprint == fingerprint)
    db.session.execute(sa.select(Statement.fingerprint).where(*mine).with_for_update())


def note_change(whose: CompanyId, before: Plan, after: Plan, now: datetime) -> None:
    """Write down that the plan is another one, and end the quiet of a statement that was known."""
    detail = {
        "from": before.id, "to": after.id, "between": [before.last_seen_at.isoformat(), now.isoformat()],
        "cost": [before.cost, after.cost], "release": [before.release, release_now()],
    }  # fmt: skip
    db.session.execute(
        sa.insert(Change).values(
            company_id=whose, id=new_ulid(), at=now, fingerprint=after.fingerprint, kind="plan",
            sentence=difference(before.plan, after.plan), detail=detail,
        )
    )  # fmt: skip
    db.session.execute(
        sa.update(Statement)
        .where(Statement.company_id == whose, Statement.fingerprint == after.fingerprint)
        .where(Statement.known_at.is_not(None))
        .values(known_at=None, known_by="", known_reason="", version=Statement.version + 1)
    )


def settle_changes() -> int:
    """Add to changes of the last day what calls took before and after, where both are known now.

    Returns:
        How many were settled.
    """
    whose, now, settled = installation_id(), clock.now(), 0
    open_ones = (
        sa.select(Change)
        .where(Change.company_id == whose, Change.kind == "plan", ~Change.detail.has_key("shift"))
        .where(Change.at > now - GIVEN_UP, Change.at < now - SETTLES)
    )
    with system_work(), transaction() as session:
        for change in session.scalars(open_ones.with_for_update(skip_locked=True)):
            first, last = (datetime.fromisoformat(at) for at in change.detail["between"])
            before = timing(whose, change.fingerprint, first - LOOK, first)
            after = timing(whose, change.fingerprint, last, last + LOOK)
            if min(before["calls"], after["calls"]) < LEAST_CALLS:
                continue
            shift = after["mean_ms"] / max(before["mean_ms"], 0.001)
            change.detail = {**change.detail, "before": before, "after": after, "shift": round(shift, 3)}
            change.sentence = f"{change.sentence} {say_shift(before, after, shift)}"
            settled += 1
    return settled


def timing(whose: CompanyId, fingerprint: str, since: datetime, until: datetime) -> dict[str, float]:
    """Return what the app measured of a statement: calls, mean and 95th percentile in milliseconds."""
    statement = sa.select(StatementMinute.calls, StatementMinute.total_us, StatementMinute.buckets).where(
        StatementMinute.company_id == whose, StatementMinute.fingerprint == fingerprint,
        StatementMinute.at >= since.replace(second=0, microsecond=0), StatementMinute.at < until,
    )  # fmt: skip
    return add_up((row.calls, row.total_us, row.buckets) for row in db.session.execute(statement))


def add_up(minutes: Iterable[tuple[int, int, dict[str, int]]]) -> dict[str, float]:
    """Return the figures of some minutes together."""
    calls, total_us, spread = 0, 0, Histogram()
    for more, took_us, buckets in minutes:
        calls, total_us, spread = calls + more, total_us + took_us, spread + Histogram.read(buckets)
    p95_us = spread.quantile(0.95) or 0.0
    return {
        "calls": calls, "mean_ms": round(total_us / max(calls, 1) / 1000, 3), "p95_ms": round(p95_us / 1000, 3),
    }  # fmt: skip


def say_shift(before: dict[str, float], after: dict[str, float], shift: float) -> str:
    """Say what came of a change."""
    took = f"a call takes {after['mean_ms']:.3g} ms, it took {before['mean_ms']:.3g} ms"
    if shift >= SLOWER:
        return f"It is {shift:.1f} times as slow since: {took}."
    if shift <= 1 / SLOWER:
        return f"It is {1 / shift:.1f} times as fast since: {took}."
    return f"It is about as fast as before: {took}."


def cost_of(plan: dict[str, Any]) -> float:  # Any: PostgreSQL's own
    """Return what the planner thinks it costs."""
    return float(plan["Plan"]["Total Cost"])


def release_now() -> str:
    """Return the release this process is of."""
    return str(current_app.config["SETTINGS"].release)
