"""A process's own copies, used only while Valkey is away: at most two seconds old, and none of what it wrote itself."""

import time
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

MOST, LARGEST = 1000, 65_536


@dataclass(frozen=True, slots=True)
class Copy:
    """A value, and when it was known to be good, on the monotonic clock."""

    body: bytes
    at: float
    tags: tuple[str, ...]


class Near:
    """Copies by key, the one used longest ago forgotten first.

    Attributes:
        writes: How often something was made bad: who has written must not wait for a read begun before.
    """

    def __init__(self) -> None:
        self.writes = 0
        self._copies: OrderedDict[str, Copy] = OrderedDict()
        self._written: dict[str, float] = {}

    def keep(self, key: str, body: bytes, tags: Sequence[str], at: float) -> None:
        """Keep a copy.

        Args:
            key: Of the value.
            body: The value.
            tags: What it depends on.
            at: When it was known to be good: before the database was asked.
        """
        if len(body) > LARGEST:
            return
        self._copies[key] = Copy(body, at, tuple(tags))
        self._copies.move_to_end(key)
        while len(self._copies) > MOST:
            self._copies.popitem(last=False)

    def find(self, key: str, within_s: float) -> bytes | None:
        """Return a copy that is young enough and older than nothing this process wrote."""
        copy = self._copies.get(key)
        if copy is None or time.monotonic() - copy.at > within_s:
            return None
        if any(self._written.get(name, 0.0) >= copy.at for name in copy.tags):
            return None
        return copy.body

    def forget(self, tags: Iterable[str]) -> None:
        """Make copies bad that depend on what was written now."""
        now = time.monotonic()
        self.writes += 1
        if len(self._written) > MOST:
            self._copies.clear()
            self._written.clear()
        self._written.update(dict.fromkeys(tags, now))
