"""Facts about breakers. They belong to the installation; the row is the breaker's name."""

from datetime import datetime
from typing import Any

from app.core.outbox import Fact


class BreakerTransitioned(Fact, type="breaker.transitioned", topic="breakers", row="name"):
    """A breaker changed its state by itself. `reach` is fleet, or process for one that rests alone."""

    name: str
    from_: str
    to: str
    generation: int
    reach: str
    process: str
    reason: str
    calls: int
    failures: int
    slow: int
    at: datetime
    error: str = ""


class BreakerForced(Fact, type="breaker.forced", topic="breakers", row="name"):
    """Somebody holds a breaker in a state, until `until` or until somebody lets go."""

    name: str
    from_: str
    to: str
    until: datetime | None
    reason: str


class BreakerReleased(Fact, type="breaker.released", topic="breakers", row="name"):
    """Somebody let go of a breaker that was held; it decides by itself again."""

    name: str
    from_: str
    reason: str


class BreakerReset(Fact, type="breaker.reset", topic="breakers", row="name"):
    """Somebody closed a breaker and emptied its window in every process."""

    name: str
    from_: str
    reason: str


class BreakerConfigured(Fact, type="breaker.configured", topic="breakers", row="name"):
    """Somebody changed when a breaker opens. `changes` is setting → {before, after}; None is the code's own value."""

    name: str
    changes: dict[str, Any]
    reason: str
