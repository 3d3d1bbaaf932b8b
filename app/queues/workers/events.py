"""Facts about workers. They belong to the installation."""

from typing import Any

from app.core.outbox import Fact


class WorkerCame(Fact, type="worker.came", topic="workers", row="node"):
    """A worker answers: a new one, or one that was silent."""

    node: str
    release: str
    slots: int
    queues: list[str]


class WorkerFellSilent(Fact, type="worker.silent", topic="workers", row="node"):
    """A worker does not answer any more, and none of its processes is heard of."""

    node: str
    silent_s: int
    was_stopping: bool


class WorkersTold(Fact, type="worker.told", topic="workers", row="node"):
    """Somebody told a worker, or all of them (`node` every), what to do. `replies` is node → what it answered."""

    node: str
    act: str
    values: dict[str, Any]
    reason: str
    replies: dict[str, str]
