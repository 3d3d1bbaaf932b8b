"""What pages ask of workers: the snapshot, with the jobs behind it and how long their like take."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from app.accounts import reads as accounts
from app.core import clock
from app.core.access import ALL_PERMISSIONS
from app.core.db import db
from app.core.jobs import Job, job_outbox
from app.core.tenancy import platform_reads
from app.queues.evidence import SILENT_AFTER_S, heard_of, lease_age_s, silent_sentence
from app.queues.figures.types import type_figures
from app.queues.workers.model import Running, Snapshot, WorkerFacts

COMPARED_WITH, LONG_FROM_S = "24h", 10


@dataclass(frozen=True)
class Held:
    """A job that a worker runs or has taken, with what the ledger knows of it.

    Attributes:
        title: None when it is no job of the ledger.
        company: Its company's name.
        ran_s: How long it runs; None for one that has not begun.
        usual_s: How long 95 of 100 of its name take; None when too little is known.
        silence: That its process is not heard of, and when the job is given back; "" while it is.
    """

    worker: WorkerFacts
    told: Running
    title: str | None
    company: str | None
    ran_s: float | None
    usual_s: float | None
    silence: str = ""

    @property
    def is_long(self) -> bool:
        """Whether it runs longer than its like; what is over in seconds is never long."""
        return self.ran_s is not None and self.usual_s is not None and self.ran_s > max(self.usual_s, LONG_FROM_S)


def list_running(workers: Sequence[WorkerFacts]) -> list[Held]:
    """Return what these workers run, the longest first. For platform admins: jobs of all companies."""
    held = _with_jobs([(worker, one) for worker in workers for one in worker.running])
    return sorted(held, key=lambda one: -(one.ran_s or 0))


def list_prefetched(workers: Sequence[WorkerFacts]) -> list[Held]:
    """Return what these workers have taken and not begun."""
    return _with_jobs([(worker, one) for worker in workers for one in worker.prefetched])


def _with_jobs(pairs: list[tuple[WorkerFacts, Running]]) -> list[Held]:
    if not pairs:
        return []
    asked = sa.select(Job.id, Job.title, Job.finished_at).where(Job.id.in_([one.job_id for _, one in pairs]))
    with platform_reads():
        rows = db.session.execute(asked).all()
    titles = {row.id: row.title for row in rows}
    # The workers were asked some seconds ago; the ledger knows what has ended since.
    ended = {row.id for row in rows if row.finished_at is not None}
    names = accounts.companies_by_id({one.company_id for _, one in pairs if one.company_id is not None})
    usual = {one.name: one.run_p95_ms for one in type_figures(COMPARED_WITH, allowed=ALL_PERMISSIONS)}
    silences, now = _silences(pairs), time.time()
    return [
        Held(
            worker, one, titles.get(one.job_id), names.get(one.company_id or 0, (None, None))[1],
            None if one.started_at is None else max(now - one.started_at, 0.0),
            None if (p95 := usual.get(one.name)) is None else p95 / 1000,
            silences.get(one.job_id, ""),
        )
        for worker, one in pairs
        if one.job_id not in ended
    ]  # fmt: skip


def _silences(pairs: list[tuple[WorkerFacts, Running]]) -> dict[str, str]:
    """Return job → sentence, for jobs whose process says nothing and whose lease nobody extends: both must be so."""
    ids = [one.job_id for _, one in pairs if one.started_at is not None]
    living = sa.select(job_outbox.c.job_id, job_outbox.c.due_at)
    with platform_reads():
        rows = db.session.execute(living.where(job_outbox.c.job_id.in_(ids), job_outbox.c.phase == "running")).all()
    heard, back_at = heard_of(), {row.job_id: row.due_at for row in rows}
    found = {}
    for _, one in pairs:
        if (due_at := back_at.get(one.job_id)) is None or due_at <= clock.now():
            continue
        silent_s = min(lease_age_s(due_at, clock.now()), heard.get(one.pid or 0, math.inf))
        if silent_s >= SILENT_AFTER_S:
            found[one.job_id] = silent_sentence(silent_s, due_at)
    return found


def age_s(snapshot: Snapshot | None) -> float | None:
    """Return how old a snapshot is; None when there is none."""
    return None if snapshot is None else max(time.time() - snapshot.at, 0.0)
