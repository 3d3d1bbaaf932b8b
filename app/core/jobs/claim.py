"""Taking a job to run it: one worker gets it, and none while something holds it."""

from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from app.core import clock
from app.core.db import db
from app.core.jobs import attempts, failures, holds, swift
from app.core.jobs.attempts import Place
from app.core.jobs.holds import Kind
from app.core.jobs.ledger import change, finish, lease_s, set_due
from app.core.jobs.model import Job, JobState, job_outbox
from app.core.jobs.rules import rules_of
from app.core.tenancy import current_company_id

HOPELESS = "Its worker was lost every time. It is not tried again."
LOST = "Its worker was lost: it said nothing until its lease ran out."


def claim(job_id: str, place: Place | None = None, name: str = "") -> Job | None:
    """Take a job to run it; None when it is over, held, waits for others, or another worker has it.

    A running job may be taken over when its lease has run out: its worker is gone.

    Args:
        job_id: The job.
        place: Where it runs; None for this process.
        name: Its name, if the caller knows it: one statement less.
    """
    return (_take_waiting(job_id, place or Place(), name) if name else None) or _take_any(job_id, place or Place())


def _take_waiting(job_id: str, place: Place, name: str) -> Job | None:
    """Take a job as nearly all are: waiting, and held by nothing. None when it may be otherwise.

    Nobody is told that it runs: most end before anybody could look. The keeper of its lease tells of one that lasts.
    """
    kind = Kind(current_company_id(), name, rules_of(name).queue)
    if holds.hold_of(kind) is not None:
        return None
    return swift.take(job_id, name, kind.queue, place, clock.now() + timedelta(seconds=lease_s()))


def _take_any(job_id: str, place: Place) -> Job | None:
    due = db.session.execute(sa.select(job_outbox).where(job_outbox.c.job_id == job_id)).one_or_none()
    if due is None or due.phase == "blocked":
        return None
    if holds.hold_of(due) is not None:
        _hold(due)
        return None
    now = clock.now()
    job = change(
        job_id,
        _is_free(),
        state=JobState.RUNNING,
        attempts=Job.attempts + 1,
        started_at=now,
        lease_until=now + timedelta(seconds=lease_s()),
        worker=place.worker,
        error="",
        signature="",
    )
    if job is None:
        return None
    if due.phase == "running" and not _may_go_on(job):
        return None
    attempts.begin(job, place, due.queued_at)
    until = now + timedelta(seconds=lease_s())
    set_due(job_id, until + timedelta(seconds=1), phase="running", queued_at=until)
    return job


def _is_free() -> sa.ColumnElement[bool]:
    lost = sa.and_(Job.state == JobState.RUNNING, Job.lease_until < clock.now())
    return sa.or_(Job.state == JobState.QUEUED, lost)


def _may_go_on(job: Job) -> bool:
    """Close what a lost worker left open; end a job that loses its worker every time, or that was to stop anyway."""
    lost = failures.lost(job.name, LOST)
    attempts.close_lost(job, lost)
    if job.cancel_requested:
        finish(job.id, JobState.CANCELLED, attempts=Job.attempts - 1)
    elif job.attempts > rules_of(job.name).most_attempts:
        finish(job.id, JobState.FAILED, attempts=Job.attempts - 1, error=HOPELESS, signature=lost.signature)
    else:
        return True
    return False


def _hold(due: sa.Row[Any]) -> None:  # Any: the columns of job_outbox
    """Put back what was on its way when it was held; it was not begun, so it is no attempt."""
    if due.phase == "waiting":  # a message that came twice: it is back already, and due when its back-off ends
        return
    if due.phase == "running" and change(due.job_id, _is_free(), state=JobState.QUEUED, lease_until=None) is None:
        return
    waiting = {"phase": "waiting", "sends": 0, "due_at": clock.now()}
    db.session.execute(
        sa.update(job_outbox).where(job_outbox.c.job_id == due.job_id, job_outbox.c.phase == due.phase).values(waiting)
    )
