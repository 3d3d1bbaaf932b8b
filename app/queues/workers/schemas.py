"""Workers as JSON."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, StringConstraints

from app.core.shapes import Answer, Instant, Shape, Text, refuse_nul
from app.queues.workers.model import Running, WorkerFacts
from app.queues.workers.telling import Reply

GivenReason = Annotated[str, BeforeValidator(refuse_nul), StringConstraints(min_length=1, max_length=500)]


class ChangePool(Shape):
    """So many slots more, or fewer."""

    change: Literal["grow", "shrink"]
    slots: int = 1


class Autoscale(Shape):
    """The least and the most slots of a worker that scales by itself."""

    lowest: int
    highest: int


class ChangeConsumers(Shape):
    """Take jobs from a queue, or no longer."""

    change: Literal["add", "cancel"]
    queue: Text


class LimitRate(Shape):
    """How often each worker may begin a job: 10/s, 10/m, 10/h; 0 for no limit."""

    job: Text
    rate: Text


class LimitTime(Shape):
    """How long a job may run: told to end after `softS`, ended with its process after `hardS`."""

    job: Text
    soft_s: int
    hard_s: int


class ShutDown(Shape):
    """Why a worker is shut down."""

    reason: GivenReason


class HeldOut(Answer):
    """A job that a worker runs or has taken."""

    job_id: str
    name: str
    pid: int | None
    started_at: Instant | None


class WorkerOut(Answer):
    """One worker.

    `state` is online, stopping, unanswering (its processes live, it does not answer) or silent. `misses` is how many
    questions in a row it did not answer; one is no reason to worry. `scale` is the least and the most slots of one
    that scales by itself.
    """

    node: str
    state: str
    misses: int
    pool: str
    slots: int
    busy: int
    scale: list[int] | None
    queues: list[str]
    running: list[HeldOut]
    prefetched: list[HeldOut]
    scheduled: int
    pid: int
    pids: list[int]
    release: str
    memory_bytes: int
    uptime_s: int
    done: int
    answered_at: Instant


class WorkerDetail(WorkerOut):
    """One worker with the jobs it knows and the settings that decide whether they are safe with it."""

    registered: list[str]
    conf: dict[str, Any]


class WorkersOut(Answer):
    """All workers, as the relay asked them last; `asOf` null when nobody did."""

    items: list[WorkerOut]
    next_cursor: str | None = None
    as_of: Instant | None


class ReplyOut(Answer):
    """What one worker answered: done, refused, or unknown when it did not."""

    node: str
    outcome: str
    text: str


class RepliesOut(Answer):
    """What every worker that was told answered. `unknown` counts those that did not."""

    replies: list[ReplyOut]
    unknown: int


def instant(at: float) -> datetime:
    """Return seconds since 1970 as an instant."""
    return datetime.fromtimestamp(at, UTC)


def held_of(one: Running) -> HeldOut:
    """Return a job in a worker's hands."""
    started = None if one.started_at is None else instant(one.started_at)
    return HeldOut(job_id=one.job_id, name=one.name, pid=one.pid, started_at=started)


def worker_of(one: WorkerFacts) -> WorkerOut:
    """Return one worker for the list."""
    return WorkerOut.model_validate(_fields(one))


def detail_of(one: WorkerFacts) -> WorkerDetail:
    """Return one worker whole."""
    return WorkerDetail.model_validate(_fields(one) | {"registered": one.registered, "conf": one.conf})


def replies_of(replies: list[Reply]) -> RepliesOut:
    """Return what every worker answered."""
    told = [ReplyOut(node=one.node, outcome=one.outcome, text=one.text) for one in replies]
    return RepliesOut(replies=told, unknown=sum(one.outcome == "unknown" for one in replies))


def _fields(one: WorkerFacts) -> dict[str, Any]:
    same = ("node", "misses", "pool", "slots", "scale", "queues", "scheduled", "pid", "pids", "release", "memory_bytes", "uptime_s", "done")  # fmt: skip
    return {name: getattr(one, name) for name in same} | {
        "state": one.state.value, "busy": len(one.running), "answered_at": instant(one.answered_at),
        "running": [held_of(job) for job in one.running], "prefetched": [held_of(job) for job in one.prefetched],
    }  # fmt: skip
