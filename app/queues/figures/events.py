"""Facts about how queues keep their targets."""

from datetime import datetime

from app.core.outbox import Fact


class QueueFellBehind(Fact, type="queue.behind", topic="queues", row="queue"):
    """A queue's oldest job has waited longer than its target for a while."""

    queue: str
    waiting: int
    oldest_s: int
    target_s: int
    since: datetime


class QueueRecovered(Fact, type="queue.recovered", topic="queues", row="queue"):
    """A queue that was behind keeps its target again."""

    queue: str
    target_s: int
    behind_s: int


class FailuresMuted(Fact, type="failures.muted", topic="jobs"):
    """Somebody does not want to see failures with one signature until `until`; None shows them again."""

    signature: str
    name: str
    error_type: str
    until: datetime | None
