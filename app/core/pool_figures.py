"""What a pool of connections does: how many are open, in use and idle, who waits, and for how long.

`size`, `checkedout` and `overflow` of SQLAlchemy are gauges of one instant; whether people waited shows only in the
time around taking a connection. Two threads that meet may lose a count between them, which costs no lock.
"""

import threading
from dataclasses import dataclass, field

from app.core.histogram import bucket_of

MICROSECONDS = 1_000_000


@dataclass(frozen=True)
class Gauges:
    """One pool at one instant.

    Attributes:
        total: Connections that are open: `in_use` + `idle`.
        waiting: Who asked and has none yet, because all that may be open are in use.
        max: How many may be open.
    """

    total: int
    in_use: int
    idle: int
    waiting: int
    max: int


@dataclass
class Waits:
    """How long taking a connection took.

    Attributes:
        buckets: In microseconds (app/core/histogram.py).
        timeouts: How often nobody gave one back in time; these are in the buckets, too.
        total_us: Their sum.
    """

    buckets: dict[int, int] = field(default_factory=dict)
    timeouts: int = 0
    total_us: int = 0

    def note(self, seconds: float, *, is_timeout: bool = False) -> None:
        """Count one."""
        took_us = seconds * MICROSECONDS
        bucket = bucket_of(took_us)
        self.buckets[bucket] = self.buckets.get(bucket, 0) + 1
        self.total_us += int(took_us)
        if is_timeout:
            self.timeouts += 1

    def add(self, other: "Waits") -> None:
        """Count what was taken and could not be told."""
        for bucket, count in other.buckets.items():
            self.buckets[bucket] = self.buckets.get(bucket, 0) + count
        self.timeouts += other.timeouts
        self.total_us += other.total_us


class PoolFigures:
    """What one pool tells; it outlives the pool when that is made anew, as after an outage."""

    def __init__(self) -> None:
        self.waits = Waits()
        self._waiting: set[int] = set()

    @property
    def waiting(self) -> int:
        """How many wait now."""
        return len(self._waiting)

    def begin_waiting(self) -> None:
        """This thread waits."""
        self._waiting.add(threading.get_ident())

    def end_waiting(self) -> None:
        """It does no longer."""
        self._waiting.discard(threading.get_ident())

    def take(self) -> Waits:
        """Return what was counted since the last time, and begin anew."""
        taken, self.waits = self.waits, Waits()
        return taken

    def forget_parent(self) -> None:
        """In a forked child: nobody waits yet, and what the parent counted is the parent's."""
        self.waits, self._waiting = Waits(), set()
