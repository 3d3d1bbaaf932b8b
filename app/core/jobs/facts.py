"""What is told of jobs, and to whom."""

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from app.core.jobs.model import Job, JobState
from app.core.outbox import Fact, record


class JobUpdated(Fact, type="job.updated", topic="jobs", row="id"):
    """A job was queued, made progress, or ended."""

    id: str
    name: str
    state: JobState
    done: int
    total: int | None
    message: str


class AccountJobUpdated(Fact, type="account-job.updated", topic="account-jobs", row="id"):
    """The same of a job about people, for those who may see people."""

    id: str
    name: str
    state: JobState
    done: int
    total: int | None
    message: str


class JobRepeated(Fact, type="job.repeated", topic="jobs", row="id"):
    """Somebody had a job run once more; the new one has an id of its own."""

    id: str
    name: str
    title: str
    new_id: str
    is_edited: bool


class AccountJobRepeated(JobRepeated, type="account-job.repeated", topic="account-jobs", row="id"):
    """The same of a job about people."""


class JobDiscarded(Fact, type="job.discarded", topic="jobs", row="id"):
    """Somebody gave a failed job up."""

    id: str
    name: str
    title: str
    reason: str


class AccountJobDiscarded(JobDiscarded, type="account-job.discarded", topic="account-jobs", row="id"):
    """The same of a job about people."""


class JobRestored(Fact, type="job.restored", topic="jobs", row="id"):
    """Somebody took a discard back."""

    id: str
    name: str
    title: str


class AccountJobRestored(JobRestored, type="account-job.restored", topic="account-jobs", row="id"):
    """The same of a job about people."""


class JobStopAsked(Fact, type="job.stop-asked", topic="jobs", row="id"):
    """Somebody wants a running job to stop; it does at its next step."""

    id: str
    name: str
    title: str


class AccountJobStopAsked(JobStopAsked, type="account-job.stop-asked", topic="account-jobs", row="id"):
    """The same of a job about people."""


Act = type[JobRepeated] | type[JobDiscarded] | type[JobRestored] | type[JobStopAsked]
_ABOUT_PEOPLE: dict[Act, Act] = {
    JobRepeated: AccountJobRepeated,
    JobDiscarded: AccountJobDiscarded,
    JobRestored: AccountJobRestored,
    JobStopAsked: AccountJobStopAsked,
}

# What a kind of job may ask of who sees it, and where it is told: rows are pushed to all readers of a topic alike.
FACT_OF = {"jobs:read": JobUpdated, "users:read": AccountJobUpdated}
EVERYBODY = frozenset({"jobs:read"})
_permission_of: dict[str, str] = {}


def show_only_to(permission: str, name: str) -> None:
    """Let only holders of a permission see the jobs of a name."""
    if permission not in FACT_OF:
        raise ValueError(f"jobs are not told to holders of {permission!r}; add it to FACT_OF")
    _permission_of[name] = permission


def permission_of(name: str) -> str:
    """Return what one needs to see the jobs of a name."""
    return _permission_of.get(name, "jobs:read")


def tell_act(act: Act, job: Job, **more: Any) -> None:  # Any: the fact's further fields
    """Record what somebody did to a job, where those who may see the job read it."""
    told = act if permission_of(job.name) in EVERYBODY else _ABOUT_PEOPLE[act]
    record(told(id=job.id, name=job.name, title=job.title, **more), version=job.version)


def is_seen(allowed: Collection[str]) -> sa.ColumnElement[bool]:
    """Return the condition under which a job may be seen by who holds these permissions."""
    hidden = sorted(name for name, permission in _permission_of.items() if permission not in allowed)
    return Job.name.not_in(hidden) if hidden else sa.true()
