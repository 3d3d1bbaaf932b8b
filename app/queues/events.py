"""Facts about queues. They belong to the installation; the row is what was held or emptied."""

from datetime import datetime
from typing import Any

from app.core.outbox import Fact


class QueuePaused(Fact, type="queue.paused", topic="queues", row="value"):
    """Somebody holds the jobs of a queue, of a name, or of a company (`kind`), until `until` or until resumed."""

    kind: str
    value: str
    reason: str
    until: datetime | None


class QueueResumed(Fact, type="queue.resumed", topic="queues", row="value"):
    """What was held flows again: by a person, or because its time was over."""

    kind: str
    value: str
    reason: str
    paused_s: int


class QueueConfigured(Fact, type="queue.configured", topic="queues", row="queue"):
    """Somebody changed a queue's limits. `changes` is setting → {before, after}; None is as the code says."""

    queue: str
    changes: dict[str, Any]


class BrokerMessageRemoved(Fact, type="broker-message.removed", topic="queues", row="queue"):
    """Somebody took one message out of the broker; its job is still in the ledger."""

    queue: str
    job_id: str
    name: str
    reason: str


class BrokerPurged(Fact, type="broker.purged", topic="queues", row="queue"):
    """Somebody emptied a queue's list in the broker; its jobs are still in the ledger."""

    queue: str
    messages: int
    reason: str
