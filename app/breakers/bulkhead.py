"""How many calls one process makes at once. Beyond that a call is refused, never queued."""

import threading

from app.breakers.states import BulkheadFull


class Bulkhead:
    """A counted door."""

    def __init__(self, name: str, limit: int | None) -> None:
        self.name, self.limit, self.inside = name, limit, 0
        self._lock = threading.Lock()

    def enter(self) -> None:
        """Take a place.

        Raises:
            BulkheadFull: There is none.
        """
        with self._lock:
            if self.limit is not None and self.inside >= self.limit:
                raise BulkheadFull(breaker=self.name)
            self.inside += 1

    def leave(self) -> None:
        """Give the place back."""
        with self._lock:
            self.inside -= 1

    def forget(self) -> None:
        """In a forked child nobody is inside."""
        self._lock, self.inside = threading.Lock(), 0
