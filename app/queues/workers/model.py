"""What is known of one worker, as it is kept between two looks."""

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

JSON = dict[str, Any]  # Any: JSON
# A worker that does not answer this often in a row, and whose processes are not heard of either, is silent.
MISSES = 3


class WorkerState(StrEnum):
    """How a worker is."""

    ONLINE = "online"
    STOPPING = "stopping"
    # Its processes are alive, but it does not answer: too busy, or its control connection is broken.
    UNANSWERING = "unanswering"
    SILENT = "silent"


@dataclass
class Running:
    """A job that a worker has: runs it, or took it and has not begun."""

    job_id: str
    name: str
    company_id: int | None
    started_at: float | None = None
    pid: int | None = None


@dataclass
class WorkerFacts:
    """One worker. Instants are seconds since 1970.

    Attributes:
        node: Celery's name of it, such as celery@host.
        slots: How many jobs it can run at once.
        host: Where its processes are, as they name themselves; the node's name may say another.
        pids: Of its pool; a pool of threads has its own process alone.
        scale: Lowest and highest number of slots when it grows by itself.
        memory_bytes: Of the worker and its pool together; pages they share are counted once.
        misses: How many questions in a row it did not answer.
        alive_at: When one of its processes was last heard of in another way.
        conf: Those of its settings that decide whether jobs are safe.
        seldom_at: When `registered` and `conf` were asked; 0 for never.
    """

    node: str
    seen_at: float
    answered_at: float
    pid: int = 0
    pool: str = ""
    slots: int = 0
    pids: list[int] = field(default_factory=list)
    scale: list[int] | None = None
    queues: list[str] = field(default_factory=list)
    running: list[Running] = field(default_factory=list)
    prefetched: list[Running] = field(default_factory=list)
    scheduled: int = 0
    registered: list[str] = field(default_factory=list)
    conf: JSON = field(default_factory=dict)
    release: str = ""
    host: str = ""
    memory_bytes: int = 0
    uptime_s: int = 0
    done: int = 0
    is_stopping: bool = False
    misses: int = 0
    alive_at: float | None = None
    seldom_at: float = 0.0

    @property
    def state(self) -> WorkerState:
        """How it is."""
        if self.misses < MISSES:
            return WorkerState.STOPPING if self.is_stopping else WorkerState.ONLINE
        return WorkerState.UNANSWERING if self.alive_at is not None else WorkerState.SILENT

    def to_json(self) -> JSON:
        """Return it as it is kept."""
        return asdict(self)

    @classmethod
    def of_json(cls, kept: JSON) -> "WorkerFacts":
        """Read what `to_json` wrote."""
        lists = {name: [Running(**one) for one in kept[name]] for name in ("running", "prefetched")}
        return cls(**{**kept, **lists})


@dataclass
class Snapshot:
    """All workers at one instant."""

    at: float
    workers: list[WorkerFacts] = field(default_factory=list)

    def find(self, node: str) -> WorkerFacts | None:
        """Return one worker."""
        return next((one for one in self.workers if one.node == node), None)
