"""@job: work that runs in a worker, in the company and the name of the person who caused it.

`f.enqueue(…, title="…")` inside `transaction()` writes the job's row; the relay sends it after commit
(`publish_jobs`), so a rolled back job never runs. The body must be idempotent: it may run again after a
lost worker. `progress()` says how far it is, and stops it when somebody asked for that.
"""

import inspect
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Generic, ParamSpec, TypeVar, cast

import structlog
from flask import Flask, current_app
from sqlalchemy.exc import SQLAlchemyError

from app.core import arms, guards, jobs
from app.core.broker import QUEUES, configure, publish_jobs
from app.core.context import acting_as, actor, request_id
from app.core.db import fresh_session, transaction
from app.core.errors import Problem
from app.core.ids import new_ulid
from app.core.jobs import Job, JobState
from app.core.tenancy import acting_for, current_company_id
from app.extensions import celery
from config import Settings

P = ParamSpec("P")
R = TypeVar("R")
JOBS: dict[str, "JobFunction[Any, Any]"] = {}
PROGRESS_EVERY_S = 0.25

log = structlog.get_logger(__name__)
Report = Callable[[int, int | None, str], None]
_job_id: ContextVar[str] = ContextVar("job_id")
_report: ContextVar[Report | None] = ContextVar("report", default=None)


class JobQueuesOff(Problem, code="job-queues-off", status=503):
    """Jobs are switched off here. ENABLE_JOB_QUEUES is false; set it to true and start a worker to run them."""


class JobCancelled(Exception):
    """Somebody asked the running job to stop. Raised by `progress`."""


@dataclass(frozen=True)
class JobFunction(Generic[P, R]):
    """A function that can run in a worker; calling it runs it here and now."""

    function: Callable[P, R]
    name: str
    queue: str

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        return self.function(*args, **kwargs)

    def enqueue(self, *args: Any, title: str, **kwargs: Any) -> str:  # Any: JSON values of the function's parameters
        """Queue a call in the current transaction and return the job's id.

        Args:
            *args: The call's arguments: what JSON can hold.
            title: What people read, such as "Export 120 orders".
            **kwargs: The call's named arguments.

        Raises:
            JobQueuesOff: This installation runs no jobs.
        """
        check_switched_on()
        call = inspect.signature(self.function).bind(*args, **kwargs)
        job = Job(
            company_id=current_company_id(), id=new_ulid(), name=self.name, queue=self.queue, title=title,
            args=dict(call.arguments), actor=actor(), request_id=request_id(),
        )  # fmt: skip
        with transaction():
            jobs.add(job)
        return job.id


def job(*, queue: str, name: str, permission: str = "jobs:read") -> Callable[[Callable[P, R]], JobFunction[P, R]]:
    """Declare a job.

    Args:
        queue: One of app/core/broker.py.
        name: Outlives renames of the function: queued messages and old rows carry it.
        permission: What one needs to see such jobs.
    """
    if queue not in QUEUES:
        raise ValueError(f"{queue!r} is no queue; app/core/broker.py lists them")
    jobs.show_only_to(permission, name)

    def declare(function: Callable[P, R]) -> JobFunction[P, R]:
        declared = JobFunction(function, name, queue)
        JOBS[name] = declared

        @celery.task(name=name)
        def deliver(company_id: int, job_id: str) -> None:
            run_job(company_id, job_id)

        return declared

    return declare


def check_switched_on() -> None:
    """Refuse what ends in a job, before anything else is looked at.

    Raises:
        JobQueuesOff: This installation runs no jobs.
    """
    settings: Settings = current_app.config["SETTINGS"]
    if not settings.enable_job_queues:
        raise JobQueuesOff


def enqueue(name: str, args: dict[str, Any], *, title: str) -> str:  # Any: JSON values
    """Queue a job by name: for services, which stand below the module that declares it."""
    return JOBS[name].enqueue(title=title, **args)


def run_job(company_id: int, job_id: str) -> None:
    """Run a job that the broker delivered, unless it is over or another worker holds it."""
    with acting_for(company_id):
        with transaction():
            job = jobs.claim(job_id)
        if job is None:
            log.info("job not free", job=job_id)
            return
        with acting_as(job.actor, job.request_id), _kept_alive(job), progress_to(_Throttle(job).write):
            _attempt(job)


def current_job_id() -> str:
    """Return the id of the job that runs here: what it makes can be named after it."""
    return _job_id.get()


def _attempt(job: Job) -> None:
    _job_id.set(job.id)
    arms.begin()
    started = time.monotonic()
    try:
        if job.attempts > jobs.MAX_ATTEMPTS:
            raise _Hopeless
        result = JOBS[job.name](**job.args)
    except JobCancelled:
        _end(job, JobState.CANCELLED)
    except _Hopeless:
        _end(job, JobState.FAILED, error="Its worker was lost every time. It is not tried again.")
    except Problem as problem:
        if guards.is_refusal(problem):
            _wait(job, problem)
        else:
            _end(job, JobState.FAILED, error=problem.sentence)
    except Exception as error:  # whatever a job raises, its row must say so
        log.exception("job failed", job=job.id, name=job.name, attempt=job.attempts)
        _fail(job, f"{type(error).__name__}: {error}"[:2000])
    else:
        _end(job, JobState.DONE, result=cast("dict[str, Any] | None", result))
    log.info("job ran", job=job.id, name=job.name, ms=round((time.monotonic() - started) * 1000))


class _Hopeless(Exception):
    """A job that kills its worker every time."""


def _end(job: Job, state: JobState, **values: Any) -> None:  # Any: column values
    with fresh_session(), transaction():
        jobs.finish(job.id, state, **values)


def _fail(job: Job, error: str) -> None:
    with fresh_session(), transaction():
        if job.attempts >= jobs.MAX_ATTEMPTS:
            jobs.finish(job.id, JobState.FAILED, error=error)
        else:
            jobs.put_back(job, error)


def _wait(job: Job, refusal: Problem) -> None:
    """Put a job back that met an open breaker: nothing was tried, so it is no attempt."""
    log.info("job waits", job=job.id, name=job.name, reason=refusal.code)
    with fresh_session(), transaction():
        jobs.wait(job, refusal.sentence, getattr(refusal, "retry_after_s", 1))


@contextmanager
def progress_to(report: Report) -> Iterator[None]:
    """Send what `progress` says to `report`: a job's row, or the bar of a command."""
    token = _report.set(report)
    try:
        yield
    finally:
        _report.reset(token)


def progress(done: int, total: int | None = None, message: str = "") -> None:
    """Say how far the work is. Call it as often as you like, outside a transaction that holds locks.

    Raises:
        JobCancelled: Somebody asked the job to stop.
    """
    report = _report.get()
    if report is not None:
        report(done, total, message)


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


@contextmanager
def _kept_alive(job: Job) -> Iterator[None]:
    """Extend the job's lease from a thread while the block runs, so a long step is not taken for a lost worker."""
    over = threading.Event()
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 (a thread has no context)

    def beat() -> None:
        with app.app_context(), guards.unguarded(), acting_for(job.company_id):
            while not over.wait(jobs.BEAT_S):
                try:
                    with transaction():
                        jobs.extend_lease(job.id)
                except SQLAlchemyError:  # the database may be away for a while; the lease decides
                    log.warning("lease not extended", job=job.id)

    thread = threading.Thread(target=beat, name=f"lease-{job.id}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def init_tasks(app: Flask, settings: Settings) -> None:
    """Tell Celery where the broker is. Declared jobs are registered by importing their features."""
    configure(celery, settings)


__all__ = [
    "JOBS",
    "JobCancelled",
    "JobQueuesOff",
    "check_switched_on",
    "current_job_id",
    "enqueue",
    "init_tasks",
    "job",
    "progress",
    "progress_to",
    "publish_jobs",
]
