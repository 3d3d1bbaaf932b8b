"""What a migration has done: counted by state from its rows, and by act while it runs."""

import time
from collections import Counter
from typing import Any

from app.storage.migrating.sums import count_states

SPEED_EVERY_S, MOST_SPEEDS = 5.0, 120
COUNTS_EVERY_S = 2.0
ACTS = (
    "source_reads",
    "target_writes",
    "target_stats",
    "target_lists",
    "target_reads",
    "read_again_bytes",
    "were_there",
    "tried_again",
)


class Tally:
    """The figures of one migration, as its row keeps them.

    Attributes:
        acts: Requests and what came of them, over all its runs.
    """

    def __init__(self, migration_id: str, figures: dict[str, Any]) -> None:
        self.migration_id = migration_id
        self.acts: Counter[str] = Counter({name: int(figures.get(name, 0)) for name in ACTS})
        self.speeds: list[list[float]] = list(figures.get("speeds", []))
        self.states: dict[str, dict[str, int]] = figures.get("states", {})
        self.busy_s = float(figures.get("busy_s", 0))
        self.copied_bytes, self.copied_files = int(figures.get("copied_bytes", 0)), int(figures.get("copied_files", 0))
        self._marked_at = self._began_at = time.monotonic()
        self._marked = (self.copied_files, self.copied_bytes)
        self._counted_at = 0.0

    def copied(self, files: int, size_bytes: int) -> None:
        """Count what was really written to the target."""
        self.copied_files += files
        self.copied_bytes += size_bytes

    def count(self) -> None:
        """Count the rows by state, now and then."""
        if time.monotonic() - self._counted_at >= COUNTS_EVERY_S:
            self.states = count_states(self.migration_id)
            self._counted_at = time.monotonic()

    def mark(self) -> None:
        """Keep the speed of the last seconds."""
        now = time.monotonic()
        took_s = now - self._marked_at
        if took_s < SPEED_EVERY_S:
            return
        files, size_bytes = self.copied_files - self._marked[0], self.copied_bytes - self._marked[1]
        self.speeds.append([round(time.time()), round(files / took_s, 1), round(size_bytes / took_s)])
        del self.speeds[:-MOST_SPEEDS]
        self._marked_at, self._marked = now, (self.copied_files, self.copied_bytes)

    def figures(self) -> dict[str, Any]:  # Any: JSON
        """Return them as the row keeps them."""
        now = time.monotonic()
        self.busy_s, self._began_at = self.busy_s + now - self._began_at, now
        return {
            **{name: self.acts[name] for name in ACTS}, "states": self.states, "speeds": self.speeds,
            "busy_s": round(self.busy_s, 1), "copied_files": self.copied_files, "copied_bytes": self.copied_bytes,
        }  # fmt: skip
