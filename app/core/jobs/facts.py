"""What is told of jobs, and to whom."""

from collections.abc import Collection

import sqlalchemy as sa

from app.core.jobs.model import Job, JobState
from app.core.outbox import Fact


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


def is_seen(allowed: Collection[str]) -> sa.ColumnElement[bool]:
    """Return the condition under which a job may be seen by who holds these permissions."""
    hidden = sorted(name for name, permission in _permission_of.items() if permission not in allowed)
    return Job.name.not_in(hidden) if hidden else sa.true()
