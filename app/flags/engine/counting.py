"""How often each flag gave each answer: counted on the hot path without a lock, collected off it.

A count is one `counts[index] += 1` on a list. CPython (3.11 to 3.13, with its lock) looks for another thread to
run only at calls, at the start of a function and at backward jumps; between the read and the write of a list
item there is none, so no increment is lost between threads.
"""

from dataclasses import dataclass, field
from threading import Lock

Answers = tuple[tuple[str, str], ...]  # variant ("" when there is none) and reason
Count = tuple[str, str, str, int]  # flag, variant, reason, how often since the last collection
QUIET = 2  # collections that find nothing, after which a closed tally is dropped


@dataclass(slots=True, eq=False)
class Tally:
    """The counts of one compiled flag, one for each answer it can give."""

    key: str
    answers: Answers
    counts: list[int]
    drained: list[int] = field(default_factory=list)
    closed: bool = False
    quiet: int = 0

    def take(self) -> list[int]:
        """Return what was counted since the last call."""
        now = list(self.counts)
        before = self.drained or [0] * len(now)
        self.drained = now
        return [have - had for have, had in zip(now, before, strict=True)]


class Ledger:
    """The tallies of one process. Outlives its tables, so that a push loses no count."""

    def __init__(self) -> None:
        self._lock = Lock()  # among those who collect and compile; those who count never take it
        self._tallies: list[Tally] = []

    def open(self, key: str, answers: Answers, counts: list[int]) -> Tally:
        """Begin to collect from a compiled flag."""
        tally = Tally(key, answers, counts)
        with self._lock:
            self._tallies.append(tally)
        return tally

    def close(self, tally: Tally) -> None:
        """Collect from it until it is quiet: its table is still in use, and then an evaluation under way."""
        tally.closed = True

    def drain(self) -> list[Count]:
        """Return what was counted since the last call; the flags in it were asked since then."""
        found: dict[tuple[str, str, str], int] = {}
        with self._lock:
            kept = []
            for tally in self._tallies:
                taken = tally.take()
                for (variant, reason), count in zip(tally.answers, taken, strict=True):
                    if count:
                        key = (tally.key, variant, reason)
                        found[key] = found.get(key, 0) + count
                tally.quiet = tally.quiet + 1 if tally.closed and not any(taken) else 0
                if tally.quiet < QUIET:
                    kept.append(tally)
            self._tallies = kept
        return [(*key, count) for key, count in found.items()]

    def forget(self) -> None:
        """Drop what was counted before a fork: the parent reports it. The lock may be held there for ever."""
        self._lock = Lock()
        for tally in self._tallies:
            tally.take()
