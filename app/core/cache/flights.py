"""Who reads the same thing at the same moment reads it once: one reads, the others wait for it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Flight:
    """One read that others wait for.

    Attributes:
        body: What it found, as JSON; None until it has landed, and when it came to nothing.
        error: What it raised: who waited for it has the same trouble.
    """

    landed: threading.Event = field(default_factory=threading.Event)
    body: bytes | None = None
    error: Exception | None = None


class Flights:
    """The reads of one process that are under way."""

    def __init__(self) -> None:
        self._flying: dict[str, Flight] = {}
        self._lock = threading.Lock()

    @contextmanager
    def join(self, key: str) -> Iterator[tuple[Flight, bool]]:
        """Yield the flight of a key, and whether it is ours to fly.

        Args:
            key: The value and its tags: who has seen a newer tag must not wait for an older read.
        """
        with self._lock:
            flight = self._flying.get(key)
            is_ours = flight is None
            if flight is None:
                flight = self._flying[key] = Flight()
        try:
            yield flight, is_ours
        except Exception as error:
            if is_ours:
                flight.error = error
            raise
        finally:
            if is_ours:
                with self._lock:
                    self._flying.pop(key, None)
                flight.landed.set()
