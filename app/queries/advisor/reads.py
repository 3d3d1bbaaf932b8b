"""What was advised, for pages and JSON."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on

from app.core.db import db
from app.core.jobs import Job, JobState
from app.queries.models import Advice
from app.queries.problems import AdviceNotFound

ORDER = sa.case({"high": 0, "medium": 1, "low": 2}, value=Advice.priority, else_=3)
SHARE = sa.cast(
    Advice.evidence["share"].astext, sa.Float
)  # of what all statements cost; of what could go there is none
KINDS = ("create", "drop-duplicate", "drop-unused", "rebuild-invalid")
WAITING, BUILT = ("open",), ("built", "confirmed", "worse")
MOST = 200


def list_advice(states: Sequence[str] = WAITING, *, kind: str = "", table: str = "") -> Sequence[Advice]:
    """Return advice in some states, what matters most first."""
    query = (
        sa.select(Advice)
        .where(Advice.state.in_(states))
        .order_by(ORDER, SHARE.desc().nulls_last(), Advice.table_name, Advice.id)
        .limit(MOST)
    )
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


@dataclass(frozen=True)
class Looks:
    """What became of the looks.

    Attributes:
        at: When the last one that ended well did; None when none ever did.
        span_s: Of the statements it looked at, where it is known.
        running: The one that waits or runs.
        failed: The last one that ended, when it did not end well.
        newest: The last one that was asked for, whatever became of it.
    """

    at: datetime | None
    span_s: int | None
    running: Job | None
    failed: Job | None
    newest: Job | None


def read_looks() -> Looks:
    """Return what became of the looks; a job that is long forgotten is known by what it found."""
    last = _last_of_each_state()
    newest, done = next(iter(last), None), next((one for one in last if one.state is JobState.DONE), None)
    ended = next((one for one in last if one.state.is_over), None)
    renewed = sa.select(sa.func.max(Advice.checked_at)).where(Advice.state.in_(("open", "dismissed")))
    ats = (done.finished_at if done else None, db.session.scalar(renewed))
    return Looks(
        at=max((at for at in ats if at is not None), default=None),
        span_s=(done.result or {}).get("span_s") if done else None,
        running=None if newest is None or newest.state.is_over else newest,
        failed=None if ended is None or ended.state is JobState.DONE else ended,
        newest=newest,
    )  # fmt: skip


def migration_head() -> str:
    """Return the revision the database is at: what an exported migration follows."""
    return str(db.session.scalar(sa.text("SELECT version_num FROM alembic_version")) or "")


def title_of(found: Advice) -> str:
    """Return what it is about, as a heading."""
    return str(found.evidence.get("title") or found.definition)


def saved_share(found: Advice) -> float | None:
    """Return which share of the planner's cost would be saved; None where nothing was planned."""
    before, after = found.evidence.get("cost_before"), found.evidence.get("cost_after")
    return None if not before or after is None else max(0.0, 1 - after / before)


def _last_of_each_state() -> list[Job]:
    """Return the last look of each state, the newest of them first."""
    looks = sa.select(Job).where(Job.name == "queries.advise")
    found = db.session.scalars(looks.ext(distinct_on(Job.state)).order_by(Job.state, Job.id.desc()))
    return sorted(found, key=lambda one: one.id, reverse=True)
