"""One job with everything around it: its runs, its log, what it waits for, and the tree it stands in."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import sqlalchemy as sa

from app.core.db import db
from app.core.jobs import Attempt, Job, JobState, LogLine, Pause, holds, is_seen, job_needs, job_outbox
from app.core.tenancy import platform_reads
from app.queues import reads

MOST_LINES = 200
MOST_BRANCHES = 300


@dataclass(frozen=True)
class Living:
    """Where a job that has not ended stands.

    Attributes:
        phase: blocked, waiting, sent or running.
        due_at: Waiting: not before. Sent and running: when it is rung again unless it ends.
    """

    phase: str
    due_at: datetime
    queued_at: datetime
    sends: int


@dataclass
class Branch:
    """A job of a tree, and what it caused."""

    job: Job
    children: list["Branch"] = field(default_factory=list)


@dataclass(frozen=True)
class JobDetail:
    """What the page of a job shows.

    Attributes:
        runs: First to last.
        lines: The newest of its log, newest first.
        is_cut: True when the log holds older lines.
        waits_for: Jobs that must end before this one.
        hold: Why it is not released, if something holds it.
        tree: The whole tree from its root; None for a job that stands alone.
    """

    job: Job
    runs: Sequence[Attempt]
    lines: Sequence[LogLine]
    is_cut: bool
    living: Living | None
    waits_for: Sequence[Job]
    hold: holds.Hold | None
    tree: Branch | None
    branches: int

    @property
    def tries(self) -> int:
        """How often it was run in earnest."""
        return sum(run.outcome != "refused" for run in self.runs) or self.job.attempts


def read_detail(job_id: str, allowed: Collection[str]) -> JobDetail:
    """Return a job with everything around it.

    Raises:
        NotFound: There is none in this scope, or it is not theirs to see.
    """
    job = reads.find_job(job_id, allowed)
    living = _living(job)
    if job.state is JobState.QUEUED and (living is None or living.phase == "running"):
        db.session.refresh(job)  # a worker took it between the two reads
    lines = list_lines(job)
    family = list_family(job, allowed)
    return JobDetail(
        job=job, runs=list_runs(job), lines=lines[:MOST_LINES], is_cut=len(lines) > MOST_LINES, living=living,
        waits_for=_waits_for(job, allowed), hold=_hold(job) if job.state is JobState.QUEUED else None,
        tree=grow(family, job.root_id) if len(family) > 1 else None, branches=len(family),
    )  # fmt: skip


def _hold(job: Job) -> holds.Hold | None:
    """Return what holds a job; a pause says by whom and why, as its row does."""
    hold = holds.find_hold(job)
    if hold is None or hold.kind != "pause":
        return hold
    with platform_reads():
        pause = db.session.scalars(sa.select(Pause).where(Pause.id == hold.about)).one_or_none()
    if pause is None:
        return hold
    by = f" by {pause.actor['name']}" if pause.actor.get("name") else ""
    why = f" ({pause.reason})" if pause.reason else ""
    return replace(hold, reason=f"Paused{by}{why}" + ("" if hold.until else " until somebody resumes it"))


def list_runs(job: Job) -> Sequence[Attempt]:
    """Return the runs of a job, first to last."""
    statement = sa.select(Attempt).where(Attempt.company_id == job.company_id, Attempt.job_id == job.id)
    return db.session.scalars(statement.order_by(Attempt.number)).all()


def list_lines(job: Job) -> Sequence[LogLine]:
    """Return the newest lines of a job's log, newest first, and one more than is shown."""
    statement = sa.select(LogLine).where(LogLine.company_id == job.company_id, LogLine.job_id == job.id)
    newest = statement.order_by(LogLine.attempt.desc(), LogLine.number.desc()).limit(MOST_LINES + 1)
    return db.session.scalars(newest).all()


def list_family(job: Job, allowed: Collection[str]) -> Sequence[Job]:
    """Return the jobs of a tree, the root first, oldest before newest."""
    # Spelled as the partial index has it, which knows no roots.
    branches = sa.select(Job).where(
        Job.root_id == job.root_id, Job.root_id != Job.id, Job.company_id == job.company_id, is_seen(allowed)
    )
    found = list(db.session.scalars(branches.order_by(Job.id).limit(MOST_BRANCHES)))
    if job.root_id == job.id:
        return [job, *found]
    root = db.session.scalars(
        sa.select(Job).where(Job.company_id == job.company_id, Job.id == job.root_id, is_seen(allowed))
    ).one_or_none()
    return [root, *found] if root is not None else found


def grow(family: Iterable[Job], root_id: str) -> Branch | None:
    """Return jobs as a tree; what a missing one caused hangs from the root."""
    branches = {job.id: Branch(job) for job in family}
    root = branches.get(root_id) or next(iter(branches.values()), None)
    for branch in branches.values():
        if branch is not root and root is not None:
            branches.get(branch.job.parent_id or "", root).children.append(branch)
    return root


def _living(job: Job) -> Living | None:
    columns = (job_outbox.c.phase, job_outbox.c.due_at, job_outbox.c.queued_at, job_outbox.c.sends)
    row = db.session.execute(
        sa.select(*columns).where(job_outbox.c.company_id == job.company_id, job_outbox.c.job_id == job.id)
    ).one_or_none()
    return Living(row.phase, row.due_at, row.queued_at, row.sends) if row is not None else None


def _waits_for(job: Job, allowed: Collection[str]) -> Sequence[Job]:
    if job.state is not JobState.QUEUED:
        return ()
    needed = sa.select(job_needs.c.needs_id).where(
        job_needs.c.company_id == job.company_id, job_needs.c.job_id == job.id
    )
    statement = sa.select(Job).where(Job.company_id == job.company_id, Job.id.in_(needed), is_seen(allowed))
    return db.session.scalars(statement.order_by(Job.id).limit(reads.COUNT_BOUND)).all()
