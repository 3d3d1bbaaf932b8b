"""@job: work that runs in a worker, in the company and the name of the person who caused it.

`f.enqueue(…, title="…")` inside `transaction()` writes the job's row; the relay sends it after commit, so a rolled
back job never runs. app/core/running.py says how it runs.
"""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, ParamSpec, TypeVar

from celery import Task
from flask import Flask

from app.core import jobs
from app.core.broker import QUEUES, SOFT_LIMIT_S, configure
from app.core.jobs import masks, rules
from app.core.jobs.adding import JobQueuesOff, Options, add_new, check_switched_on
from app.core.jobs.dedupe import Dedupe
from app.core.jobs.rules import BACKOFF_S, RETRIES, Rules
from app.core.running import JobCancelled, current_job_id, progress, progress_to, run_job, say
from app.extensions import celery
from config import Settings

P = ParamSpec("P")
R = TypeVar("R")
JOBS: dict[str, "JobFunction[Any, Any]"] = {}
GRACE_S = 60  # between the interruption of a job that takes too long and the end of its process
OPTIONS = {"title", "key", "dedupe", "priority", "not_before", "after", "schedule_id", "retry_of"}


@dataclass(frozen=True)
class JobFunction(Generic[P, R]):
    """A function that can run in a worker; calling it runs it here and now."""

    function: Callable[P, R]
    rules: Rules

    @property
    def name(self) -> str:
        """The job's name in tables and messages."""
        return self.rules.name

    @property
    def queue(self) -> str:
        """Where it waits."""
        return self.rules.queue

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run it here and now."""
        return self.function(*args, **kwargs)

    def enqueue(
        self, *args: Any, title: str, key: str | None = None, dedupe: Dedupe = Dedupe.DROP, priority: int = 0,
        not_before: datetime | None = None, after: Sequence[str] = (), schedule_id: str | None = None,
        retry_of: str | None = None, **kwargs: Any,
    ) -> str:  # Any: JSON values of the function's parameters  # fmt: skip
        """Queue a call in the current transaction and return the job's id.

        Args:
            *args: The call's arguments: what JSON can hold. What looks like a secret is masked before it is stored.
            title: What people read, such as "Export 120 orders".
            key: One living job for a key, in this company and for this kind of job.
            dedupe: What becomes of it when the key is held; DROP returns the holder's id.
            priority: -9 to 9; higher is released sooner.
            not_before: It waits in the ledger until then.
            after: Jobs that must be done before.
            schedule_id: The schedule that queues it.
            retry_of: The job that it repeats.
            **kwargs: The call's named arguments.

        Raises:
            JobQueuesOff: This installation runs no jobs.
        """
        options = Options(key, dedupe, priority, not_before, after, schedule_id, retry_of)
        return add_new(self.rules, self.rules.bind(*args, **kwargs), title=title, options=options)


def job(
    *, queue: str, name: str, permission: str = "jobs:read", needs: Sequence[str] = (), retries: int = RETRIES,
    backoff_s: float = BACKOFF_S, time_limit_s: int | None = None,
) -> Callable[[Callable[P, R]], JobFunction[P, R]]:  # fmt: skip
    """Declare a job.

    Args:
        queue: One of app/core/broker.py.
        name: Outlives renames of the function: queued messages and old rows carry it.
        permission: What one needs to see such jobs.
        needs: Breakers without which it is pointless: while one of them is open, the release holds it.
        retries: How often it is tried again after an accident.
        backoff_s: The first pause before that; each next one is three times as long.
        time_limit_s: After so long SoftTimeLimitExceeded is raised inside it; None for the common limit.
    """
    if queue not in QUEUES:
        raise ValueError(f"{queue!r} is no queue; app/core/broker.py lists them")
    if time_limit_s is not None and not 0 < time_limit_s <= SOFT_LIMIT_S:
        raise ValueError(f"time_limit_s of {name!r} is not within 1 and {SOFT_LIMIT_S}")
    jobs.show_only_to(permission, name)

    def declare(function: Callable[P, R]) -> JobFunction[P, R]:
        signature = inspect.signature(function)
        masks.refuse_secret_parameters(name, signature)
        if taken := OPTIONS.intersection(signature.parameters):
            raise ValueError(f"job {name!r} takes {', '.join(sorted(taken))}, which enqueue() has as its own option")
        declared = JobFunction(
            function, Rules(name, queue, signature, tuple(needs), retries, backoff_s, time_limit_s)
        )  # fmt: skip
        JOBS[name] = declared
        rules.declare(declared.rules)
        soft_s = time_limit_s or SOFT_LIMIT_S

        @celery.task(name=name, bind=True, soft_time_limit=soft_s, time_limit=soft_s + GRACE_S)
        def deliver(task: Task[Any, Any], company_id: int, job_id: str) -> None:
            run_job(company_id, job_id, str(task.request.hostname or ""), name)

        return declared

    return declare


def enqueue(name: str, args: dict[str, Any], *, title: str, **options: Any) -> str:  # Any: JSON values, and options
    """Queue a job by name: for services, which stand below the module that declares it.

    Args:
        name: As declared.
        args: By the names of the function's parameters.
        title: What people read.
        **options: As `JobFunction.enqueue` takes them.
    """
    declared = JOBS[name].rules
    return add_new(declared, declared.bind(**args), title=title, options=Options(**options))


def init_tasks(app: Flask, settings: Settings) -> None:
    """Tell Celery where the broker is. Declared jobs are registered by importing their features."""
    configure(celery, settings)


__all__ = [
    "JOBS",
    "Dedupe",
    "JobCancelled",
    "JobFunction",
    "JobQueuesOff",
    "check_switched_on",
    "current_job_id",
    "enqueue",
    "init_tasks",
    "job",
    "progress",
    "progress_to",
    "run_job",
    "say",
]
