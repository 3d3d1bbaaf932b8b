"""Running a job that the broker delivered: claim it, keep it alive, write how it ended.

The body must be idempotent: it may run again after a lost worker. `progress()` says how far it is, and stops it
when somebody asked for that; `say()` leaves a line in its log.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import Any

import structlog
from flask import Flask, current_app
from sqlalchemy.exc import SQLAlchemyError

from app.core import arms, guards, jobs
from app.core.asking import asked_by
from app.core.context import acting_as
from app.core.db import fresh_session, transaction
from app.core.errors import Problem
from app.core.jobs import Job, JobState, attempts, log
from app.core.jobs.alive import kept_alive
from app.core.jobs.attempts import Place
from app.core.jobs.cause import caused_by, current_cause
from app.core.jobs.failures import Failure, failure_of
from app.core.jobs.log import LogBuffer
from app.core.jobs.release import refill_after, release_due
from app.core.jobs.rules import rules_of
from app.core.tenancy import acting_for
from config import Settings

PROGRESS_EVERY_S = 0.25
BEATS_A_LEASE = 4.5  # the lease survives three beats that could not be written

logger = structlog.get_logger(__name__)
Report = Callable[[int, int | None, str], None]
Say = Callable[[str, str], None]
Body = Callable[..., Any]  # Any: what a job returns, JSON or nothing
_report: ContextVar[Report | None] = ContextVar("report", default=None)
_ended: Counter[str] = Counter()  # queue → jobs ended here since it was last refilled
_say: ContextVar[Say | None] = ContextVar("say", default=None)


class JobCancelled(Exception):
    """Somebody asked the running job to stop. Raised by `progress`."""


def run_job(company_id: int, job_id: str, worker: str = "", name: str = "") -> None:
    """Run a job that the broker delivered, unless it is over, held, or another worker has it.

    Args:
        company_id: Whose job it is.
        job_id: The job.
        worker: The worker's node name; "" when nobody but the caller runs it, here and now.
        name: The job's name as the message has it; "" looks it up.
    """
    with acting_for(company_id):
        with transaction():
            job = jobs.claim(job_id, _place(worker), name)
        if job is None:
            logger.info("job not free", job=job_id)
            return
        buffer = LogBuffer(job)
        with (
            acting_as(job.actor, job.request_id),
            caused_by(job.id, job.root_id),
            progress_to(_Throttle(job).write),
            saying_to(buffer.add),
        ):
            with _kept_alive(job, buffer):
                failure, outcome, result = _attempt(job)
            _write_end(job, buffer, outcome, failure, result)
    if worker:
        _refill(job.queue)


def _place(worker: str) -> Place:
    settings: Settings = current_app.config["SETTINGS"]
    return Place(worker=worker, release=settings.release) if worker else Place(release=settings.release)


def _refill(queue: str) -> None:
    """Send the next jobs of a queue of which this process has ended a few; the relay does so too, a little later."""
    _ended[queue] += 1
    if _ended[queue] < refill_after(queue):
        return
    _ended[queue] = 0
    try:
        release_due(current_app._get_current_object(), queue=queue)  # type: ignore[attr-defined]  # noqa: SLF001
    except SQLAlchemyError as error:
        logger.warning("queue not refilled", queue=queue, error=str(error))


def current_job_id() -> str:
    """Return the id of the job that runs here: what it makes can be named after it.

    Raises:
        LookupError: No job runs here.
    """
    job_id = current_cause().parent_id
    if job_id is None:
        raise LookupError("no job runs here")
    return job_id


def _attempt(job: Job) -> tuple[Failure | Problem | None, str, Any]:  # Any: the job's result
    """Call the job's function; return what went wrong, the attempt's outcome and the result."""
    from app.core.tasks import JOBS  # it declares jobs that are run here

    arms.begin()
    started = time.monotonic()
    try:
        with asked_by(job.name, job.id):
            result = JOBS[job.name](**job.args)
    except JobCancelled:
        return None, attempts.CANCELLED, None
    except Problem as problem:
        if guards.is_refusal(problem):
            return problem, attempts.REFUSED, None
        return failure_of(job.name, problem), attempts.FAILED, None
    except Exception as error:  # whatever a job raises, its row must say so
        logger.exception("job failed", job=job.id, name=job.name, attempt=job.attempts)
        return failure_of(job.name, error), attempts.FAILED, None
    finally:
        logger.info("job ran", job=job.id, name=job.name, ms=round((time.monotonic() - started) * 1000))
    return None, attempts.DONE, result


def _write_end(
    job: Job,
    buffer: LogBuffer,
    outcome: str,
    failure: Failure | Problem | None,
    result: Any,  # Any: as above
) -> None:
    """Write the attempt's end, the last of its log, and what becomes of the job: one transaction."""
    with fresh_session(), transaction():
        buffer.write(is_last=True)
        if isinstance(failure, Problem):
            _wait(job, failure)
        elif failure is not None:
            attempts.end(job, outcome, failure)
            _fail(job, failure)
        elif outcome == attempts.CANCELLED:
            attempts.end(job, outcome)
            jobs.give_up(job, JobState.CANCELLED)
        else:
            jobs.end_done(job, result)


def _fail(job: Job, failure: Failure) -> None:
    """Try again after an accident, as often as the job's rules say. A Problem is an answer: it ends the job."""
    if failure.is_answer or job.attempts >= rules_of(job.name).most_attempts:
        jobs.give_up(job, JobState.FAILED, error=failure.error, signature=failure.signature)
    else:
        jobs.put_back(job, failure.error, failure.signature)


def _wait(job: Job, refusal: Problem) -> None:
    """Put a job back that met an open breaker: nothing was tried, so it is no attempt."""
    logger.info("job waits", job=job.id, name=job.name, reason=refusal.code)
    attempts.refuse(job, job.attempts, refusal.sentence)
    jobs.wait(job, refusal.sentence, getattr(refusal, "retry_after_s", 1))


@contextmanager
def progress_to(report: Report) -> Iterator[None]:
    """Send what `progress` says to `report`: a job's row, or the bar of a command."""
    token = _report.set(report)
    try:
        yield
    finally:
        _report.reset(token)


@contextmanager
def saying_to(keep: Say) -> Iterator[None]:
    """Send what `say` says to `keep`: a job's log, or a test."""
    token = _say.set(keep)
    try:
        yield
    finally:
        _say.reset(token)


def progress(done: int, total: int | None = None, message: str = "") -> None:
    """Say how far the work is. Call it as often as you like, outside a transaction that holds locks.

    Raises:
        JobCancelled: Somebody asked the job to stop.
    """
    report = _report.get()
    if report is not None:
        report(done, total, message)


def say(text: str, level: str = "info") -> None:
    """Leave a line in the log of the running job; outside a job nobody listens.

    Args:
        text: One line.
        level: debug, info, warning or error.
    """
    if level not in log.LEVELS:
        raise ValueError(f"{level!r} is no level; say {', '.join(log.LEVELS)}")
    keep = _say.get()
    if keep is not None:
        keep(text, level)


class _Throttle:
    """Writes a job's progress at most four times a second, in a transaction of its own."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.wrote_at = 0.0

    def write(self, done: int, total: int | None, message: str) -> None:
        if time.monotonic() - self.wrote_at < PROGRESS_EVERY_S and done != total:
            return
        self.wrote_at = time.monotonic()
        with fresh_session(), transaction():
            step = jobs.step(self.job.id, done, total, message)
        if step.is_cancelled:
            raise JobCancelled


def _kept_alive(job: Job, buffer: LogBuffer) -> AbstractContextManager[None]:
    """Tell that the job runs, extend its lease and write its log, from a thread while the block runs.

    So a long step is not taken for a lost worker, and a line is read within a second though the job is silent after it.
    """
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 (a thread has no context)
    began_at = time.monotonic()  # when it was claimed

    def keep(over: threading.Event) -> None:
        with app.app_context(), guards.unguarded(), acting_for(job.company_id):
            beat_s, beaten_at, is_told = jobs.lease_s() / BEATS_A_LEASE, began_at, False
            while not over.is_set():
                is_due = time.monotonic() - beaten_at >= beat_s
                if is_due or buffer.lines or not is_told:
                    is_written = _beat(job, buffer, is_due=is_due, is_first=not is_told)
                    is_told = is_told or is_written
                    beaten_at = time.monotonic() if is_written and is_due else beaten_at
                over.wait(log.EVERY_S)

    return kept_alive(f"lease-{job.id}", keep)


def _beat(job: Job, buffer: LogBuffer, *, is_due: bool, is_first: bool) -> bool:
    """Write what is due; the database may be away for a while, and then the lease decides."""
    try:
        with transaction():
            if is_due:
                jobs.extend_lease(job.id)
            if is_first and not buffer.lines:  # lines are told of as well
                jobs.touch(job.id)
            buffer.write()
    except SQLAlchemyError:
        logger.warning("lease not extended", job=job.id)
        return False
    return True
