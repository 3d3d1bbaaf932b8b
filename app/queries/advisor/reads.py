"""What was advised, for pages and JSON."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from app.core.db import db
from app.core.jobs import Job, JobState
from app.queries.models import Advice
from app.queries.problems import AdviceNotFound

ORDER = sa.case({"high": 0, "medium": 1, "low": 2}, value=Advice.priority, else_=3)
KINDS = ("create", "drop-duplicate", "drop-unused", "rebuild-invalid")
WAITING, BUILT = ("open",), ("built", "confirmed", "worse")
MOST = 200


def list_advice(states: Sequence[str] = WAITING, *, kind: str = "", table: str = "") -> Sequence[Advice]:
    """Return advice in some states, what matters most first."""
    query = sa.select(Advice).where(Advice.state.in_(states)).order_by(ORDER, Advice.table_name, Advice.id).limit(MOST)
    query = query.where(Advice.kind == kind) if kind else query
    query = query.where(Advice.table_name == table) if table else query
    return db.session.scalars(query).all()


def find_advice(advice_id: str) -> Advice:
    """Return one piece of advice.

    Raises:
        AdviceNotFound: There is none.
    """
    row = db.session.scalars(sa.select(Advice).where(Advice.id == advice_id)).one_or_none()
    if row is None:
        raise AdviceNotFound
    return row


def count_by_state() -> dict[str, int]:
    """Return how much there is of each state."""
    query = sa.select(Advice.state, sa.func.count()).group_by(Advice.state)
    return {state: int(count) for state, count in db.session.execute(query)}


def looked_at() -> datetime | None:
    """Return when somebody looked last; None when nobody did."""
    return db.session.scalar(sa.select(sa.func.max(Advice.checked_at)))


def migration_head() -> str:
    """Return the revision the database is at: what an exported migration follows."""
    return str(db.session.scalar(sa.text("SELECT version_num FROM alembic_version")) or "")


def running_look() -> Job | None:
    """Return the look that waits or runs; None when nobody looks."""
    alive = sa.select(Job).where(Job.name == "queries.advise", Job.state.in_((JobState.QUEUED, JobState.RUNNING)))
    return db.session.scalars(alive.order_by(Job.id.desc()).limit(1)).first()


def title_of(found: Advice) -> str:
    """Return what it is about, as a heading."""
    return str(found.evidence.get("title") or found.definition)


def saved_share(found: Advice) -> float | None:
    """Return which share of the planner's cost would be saved; None where nothing was planned."""
    before, after = found.evidence.get("cost_before"), found.evidence.get("cost_after")
    return None if not before or after is None else max(0.0, 1 - after / before)
