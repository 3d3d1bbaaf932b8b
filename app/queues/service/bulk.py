"""Asking for an act on many jobs, and for its Undo."""

from collections.abc import Collection
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta

from app.core import clock, jobs, tasks
from app.core.db import transaction
from app.core.errors import Problem
from app.core.installation import installation
from app.core.jobs import FACT_OF, Job
from app.core.outbox import record
from app.core.present import plural
from app.core.tenancy import current_scope
from app.queues import reads
from app.queues.filter import JobFilter
from app.queues.job_events import BulkActAsked
from app.queues.matching import BulkAct, Reach, measure, narrow

NAME, UNDO_NAME = "queues.bulk", "queues.undo-bulk"
TITLES = {BulkAct.RETRY: "Send {} again", BulkAct.DISCARD: "Discard {}", BulkAct.CANCEL: "Cancel {}"}
MOST_PER_SECOND, PER_SECOND = 1000, 20
STOPS_WITHIN = timedelta(seconds=2)


class NothingMatches(Problem, code="no-job-matches", status=409):
    """No job matches any more that this could be done to. Look at the list again."""


class NoUndo(Problem, code="no-undo", status=409):
    """This cannot be taken back. Only jobs that were sent again or discarded together can."""


def ask_for_bulk_act(
    act: BulkAct, wanted: JobFilter, allowed: Collection[str], *, reason: str = "", per_second: int = PER_SECOND,
    is_dry_run: bool = False,
) -> tuple[str, Reach]:  # fmt: skip
    """Queue an act on all jobs that match; return the job that does it, and what it reaches.

    Args:
        act: What to do.
        wanted: Which jobs.
        allowed: The permissions of who asks.
        reason: Why; the audit keeps it.
        per_second: Retried jobs are released at this pace.
        is_dry_run: Only find out what would become of each.

    Raises:
        InvalidInput: The act is not for jobs in that state.
        NothingMatches: There is nothing to act on.
    """
    fixed = narrow(act, wanted)
    with in_place(), transaction():
        reach = measure(act, fixed, allowed)
        if not reach.count:
            raise NothingMatches
        args = {
            "act": act.value, "matching": fixed.conditions(), "allowed": sorted(set(allowed) & FACT_OF.keys()),
            "reason": reason, "per_second": per_second, "is_dry_run": is_dry_run,
        }  # fmt: skip
        job_id = tasks.enqueue(NAME, args, title=title_of(act, reach, is_dry_run=is_dry_run), priority=5)
        record(
            BulkActAsked(
                id=job_id, act=act.value, matching=wanted.conditions(), count=reach.count,
                is_bounded=reach.is_bounded, is_dry_run=is_dry_run, reason=reason,
            )
        )  # fmt: skip
    return job_id, reach


def undo_bulk_act(job_id: str, allowed: Collection[str]) -> str:
    """Stop a bulk act and take back what it has done; return the job that does so.

    Raises:
        NotFound: There is no such job here.
        NoUndo: It is no act that can be taken back.
    """
    with transaction():
        job = reads.find_job(job_id, allowed)
        if not can_undo(job):
            raise NoUndo
        is_alive = jobs.ask_to_stop(job_id) is not None
        args = {"bulk_id": job_id, "act": job.args["act"]}
        # What is being done this moment is written before it is looked for.
        not_before = clock.now() + STOPS_WITHIN if is_alive else None
        return tasks.enqueue(
            UNDO_NAME, args, title=f"Undo: {job.title}", priority=9, key=f"undo-{job_id}", not_before=not_before
        )


def can_undo(job: Job) -> bool:
    """Say whether a job is a bulk act that can be taken back."""
    is_act = job.name == NAME and not job.args.get("is_dry_run")
    return is_act and job.args.get("act") in {BulkAct.RETRY, BulkAct.DISCARD}


def title_of(act: BulkAct, reach: Reach, *, is_dry_run: bool = False) -> str:
    """Return the act in words with how many it reaches: `Send 12 jobs again`."""
    many = f"{reach.count:,} or more jobs" if reach.is_bounded else plural(reach.count, "job")
    return TITLES[act].format(many) + (" (dry run)" if is_dry_run else "")


def in_place() -> AbstractContextManager[None]:
    """Act where the job of a bulk act belongs: in this company, or in the installation for all of them."""
    return installation() if current_scope().role == "platform" else nullcontext()
