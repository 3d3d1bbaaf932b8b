"""Jobs that wait for others: blocked until each of those is done, or, where asked, has ended somehow.

Rows of `jobs` are locked before those of `job_outbox`, and needed ones before those that wait for them, so
that two jobs ending at the same instant never deadlock over the one that waits for both.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from app.core import clock
from app.core.db import db
from app.core.jobs.model import Job, JobState, job_needs, job_outbox

WORDS = {JobState.FAILED: "failed", JobState.CANCELLED: "was cancelled", JobState.DISCARDED: "was given up"}
_WAITING = sa.select(job_needs.c.job_id, job_needs.c.any_end).where(job_needs.c.needs_id == sa.bindparam("job"))


@dataclass(frozen=True)
class Needs:
    """What a new job waits for.

    Attributes:
        alive: Jobs that have not ended.
        any_end: True when it does not matter how they end.
        broken: Why it can never run: one of them ended badly before; "" when none did.
    """

    alive: tuple[str, ...] = ()
    any_end: bool = False
    broken: str = ""


def look_up(ids: Iterable[str], *, any_end: bool = False) -> Needs:
    """Return which of these jobs are still to be waited for; they cannot end before this transaction does.

    Raises:
        LookupError: There is no such job in this company.
    """
    wanted = sorted(set(ids))
    if not wanted:
        return Needs()
    found = db.session.execute(
        sa.select(Job.id, Job.title, Job.state).where(Job.id.in_(wanted)).order_by(Job.id).with_for_update(read=True)
    ).all()
    missing = set(wanted) - {row.id for row in found}
    if missing:
        raise LookupError(f"no such job here to wait for: {', '.join(sorted(missing))}")
    bad = [] if any_end else [row for row in found if row.state in WORDS]
    broken = why_not(bad[0].title, bad[0].state) if bad else ""
    return Needs(tuple(row.id for row in found if not row.state.is_over), any_end, broken)


def why_not(title: str, state: JobState) -> str:
    """Return the sentence of a job that waited in vain."""
    return f"“{title}” {WORDS.get(state, 'has not been done')}, so this one was not begun."


def write(job: Job, needs: Needs) -> None:
    """Keep what a new job waits for."""
    if needs.alive:
        rows = [
            {"company_id": job.company_id, "job_id": job.id, "needs_id": one, "any_end": needs.any_end}
            for one in needs.alive
        ]
        db.session.execute(sa.insert(job_needs), rows)


def settle(job: Job) -> Sequence[str]:
    """Let go of what waited for a job that has just ended.

    Returns:
        The jobs that can never run now; the caller cancels them.
    """
    own = _take_own(job) if job.attempts == 0 else []
    waiting = db.session.execute(_WAITING, {"job": job.id}).all()
    if not waiting:
        return ()
    ids = sorted(row.job_id for row in waiting)
    db.session.execute(sa.select(Job.id).where(Job.id.in_(ids)).order_by(Job.id).with_for_update())
    doomed = [] if job.state is JobState.DONE else [row.job_id for row in waiting if not row.any_end]
    _inherit(job, own, [row.job_id for row in waiting if row.any_end])
    db.session.execute(sa.delete(job_needs).where(job_needs.c.needs_id == job.id))
    _unblock([one for one in ids if one not in doomed])
    return doomed


def _take_own(job: Job) -> list[str]:
    """Forget what a job waited for that was cancelled while it was blocked."""
    taken = sa.delete(job_needs).where(job_needs.c.job_id == job.id).returning(job_needs.c.needs_id)
    return list(db.session.scalars(taken))


def _inherit(job: Job, own: Sequence[str], heirs: Sequence[str]) -> None:
    """Let who waited for a blocked job's end wait for what that one waited for: a line keeps its order."""
    rows = [
        {"company_id": job.company_id, "job_id": heir, "needs_id": one, "any_end": True}
        for heir in heirs
        for one in own
    ]
    if rows:
        db.session.execute(insert(job_needs).values(rows).on_conflict_do_nothing())


def _unblock(ids: Sequence[str]) -> None:
    """Release those that wait for nothing more, to be sent when they are due."""
    if not ids:
        return
    needs = sa.select(job_needs.c.job_id).where(job_needs.c.job_id == job_outbox.c.job_id)
    db.session.execute(
        sa.update(job_outbox)
        .where(job_outbox.c.job_id.in_(ids), job_outbox.c.phase == "blocked", ~needs.exists())
        .values(phase="waiting", queued_at=sa.func.greatest(clock.now(), job_outbox.c.due_at))
    )
