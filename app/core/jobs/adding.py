"""Queueing a job with its options: in the transaction of the change that causes it, or not at all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from flask import current_app

from app.core.context import actor, request_id
from app.core.db import db, transaction
from app.core.errors import Problem
from app.core.ids import new_ulid
from app.core.jobs import dedupe, ledger, needs
from app.core.jobs.cause import current_cause
from app.core.jobs.dedupe import Dedupe
from app.core.jobs.masks import mask_args
from app.core.jobs.model import Job, JobState
from app.core.jobs.needs import Needs
from app.core.jobs.rules import Rules
from app.core.tenancy import current_company_id
from config import Settings

HIGHEST = 9
log = structlog.get_logger(__name__)


class JobQueuesOff(Problem, code="job-queues-off", status=503):
    """Jobs are switched off here. ENABLE_JOB_QUEUES is false; set it to true and start a worker to run them."""


@dataclass(frozen=True)
class Options:
    """How one job is queued.

    Attributes:
        key: One living job for a key; `dedupe` says what becomes of a second one.
        dedupe: DROP, REPLACE or AFTER.
        priority: -9 to 9; higher is released sooner.
        not_before: It waits in the ledger until then, however far ahead.
        after: Jobs that must be done before; when one of them fails or is cancelled, so is this one.
        schedule_id: The schedule that queues it.
        retry_of: The job that it repeats.
    """

    key: str | None = None
    dedupe: Dedupe = Dedupe.DROP
    priority: int = 0
    not_before: datetime | None = None
    after: Sequence[str] = ()
    schedule_id: str | None = None
    retry_of: str | None = None


NORMAL = Options()


def check_switched_on() -> None:
    """Refuse what ends in a job, before anything else is looked at.

    Raises:
        JobQueuesOff: This installation runs no jobs.
    """
    settings: Settings = current_app.config["SETTINGS"]
    if not settings.enable_job_queues:
        raise JobQueuesOff


def add_new(rules: Rules, args: dict[str, Any], *, title: str, options: Options = NORMAL) -> str:  # Any: JSON values
    """Queue a job in the current transaction and return its id, or the id of the one that holds its key.

    Raises:
        JobQueuesOff: This installation runs no jobs.
        ValueError: The priority is out of range, or both `key` and `after` are given.
        LookupError: A job in `after` does not exist here.
    """
    check_switched_on()
    if abs(options.priority) > HIGHEST:
        raise ValueError(f"priority {options.priority} is not within -{HIGHEST} and {HIGHEST}")
    if options.key is not None and options.after:
        raise ValueError("a job has either a key or jobs to wait for")
    with transaction():
        job = _make(rules, args, title, options)
        if options.key is None:
            _write(job, needs.look_up(options.after))
            return job.id
        return _add_keyed(job, options.dedupe)


def _make(rules: Rules, args: dict[str, Any], title: str, options: Options) -> Job:  # Any: JSON values
    stored, is_exact = mask_args(args)
    if not is_exact:
        log.warning("secrets in arguments masked", name=rules.name)
    cause = current_cause()
    return Job(
        company_id=current_company_id(), id=new_ulid(), name=rules.name, queue=rules.queue, title=title, args=stored,
        is_exact=is_exact, actor=actor(), request_id=request_id(), parent_id=cause.parent_id, root_id=cause.root_id,
        retry_of=options.retry_of, schedule_id=options.schedule_id, priority=options.priority,
        dedupe_key=options.key, due_at=options.not_before,
    )  # fmt: skip


def _add_keyed(job: Job, mode: Dedupe) -> str:
    """Queue a job whose key may be held."""
    holder = dedupe.take_free(job, lock=mode is not Dedupe.DROP)
    if holder is None:
        _write(job, Needs())
        return job.id
    if mode is Dedupe.DROP:
        return holder
    before = db.session.get_one(Job, (job.company_id, holder), populate_existing=True)
    dedupe.hand_over(job)
    _write(job, Needs((holder,), any_end=True))
    if mode is Dedupe.REPLACE and before.state is JobState.QUEUED:
        ledger.finish(holder, JobState.CANCELLED, error=f"“{job.title}” was queued in its place.")
    return job.id


def _write(job: Job, waits_for: Needs) -> None:
    ledger.add(job, waits_for)
    if waits_for.broken:
        ledger.finish(job.id, JobState.CANCELLED, error=waits_for.broken)
