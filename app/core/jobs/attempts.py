"""Attempts: a row for each run of a job, from the claim to the end."""

import os
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from app.core import clock, process
from app.core.db import db
from app.core.jobs.failures import Failure
from app.core.jobs.model import Attempt, Job

MS = timedelta(milliseconds=1)
DONE, FAILED, CANCELLED, LOST, REFUSED = "done", "failed", "cancelled", "lost", "refused"


@dataclass(frozen=True)
class Place:
    """Where a job runs: the worker's node name, the process, the release of our code."""

    worker: str = field(default_factory=process.label)
    pid: int = field(default_factory=os.getpid)
    release: str = ""


def begin(job: Job, place: Place, since: datetime) -> None:
    """Write the attempt that a claim began. A wish that a breaker refused is written over: it was no run.

    Args:
        job: As claimed.
        place: Where it runs.
        since: When it could have been run.
    """
    at = job.started_at or clock.now()
    values = {
        "queue": job.queue, "name": job.name, "worker": place.worker, "pid": place.pid, "release": place.release,
        "started_at": at, "waited_ms": max((at - since) // MS, 0), "ended_at": None, "ran_ms": None, "outcome": None,
        "error": "", "error_type": "", "traceback": "", "signature": "",
    }  # fmt: skip
    new = insert(Attempt).values(company_id=job.company_id, job_id=job.id, number=job.attempts, **values)
    db.session.execute(
        new.on_conflict_do_update(index_elements=["company_id", "job_id", "number"], set_=values)
        .execution_options(synchronize_session=False)
    )  # fmt: skip


def end(job: Job, outcome: str, failure: Failure | None = None) -> None:
    """Write how the current attempt ended; one that was closed as lost meanwhile stays so."""
    _close(job, Attempt.number == job.attempts, outcome, failure)


def refuse(job: Job, number: int, reason: str) -> None:
    """Write that a breaker refused this run: it has an outcome but no end, for it counts as no run."""
    db.session.execute(
        sa.update(Attempt)
        .where(Attempt.job_id == job.id, Attempt.number == number, Attempt.outcome.is_(None))
        .values(outcome=REFUSED, error=reason)
        .execution_options(synchronize_session=False)
    )


def close_lost(job: Job, failure: Failure) -> None:
    """Close the attempts before this one that never said how they ended: their worker is gone."""
    _close(job, Attempt.number < job.attempts, LOST, failure)


def _close(job: Job, which: sa.ColumnElement[bool], outcome: str, failure: Failure | None) -> None:
    now = clock.now()
    ran = sa.func.greatest(sa.extract("epoch", sa.literal(now) - Attempt.started_at) * 1000, 0)
    told = failure or Failure("")
    db.session.execute(
        sa.update(Attempt)
        .where(Attempt.job_id == job.id, which, Attempt.outcome.is_(None))
        .values(
            outcome=outcome, ended_at=now, ran_ms=sa.cast(ran, sa.BigInteger), error=told.error,
            error_type=told.error_type, traceback=told.traceback, signature=told.signature,
        )
        .execution_options(synchronize_session=False)
    )  # fmt: skip
