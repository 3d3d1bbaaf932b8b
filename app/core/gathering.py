"""What this process has measured of its statements and nobody has taken away yet.

By statement, by who asks and for which company; never a value. It is bounded: what does not fit is counted as dropped.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

FLOOR_S = 0.005  # what is quicker is an example only by chance: finding its line would cost more than 0.1 % of it
MOST_CELLS, MOST_LINES, MOST_SAMPLES, MOST_CALLS = 5000, 5000, 200, 200_000
Kind = Literal["slow", "timeout", "error", "random"]
Key = tuple[str, str, int | None]  # statement, who asks, company


class Cell:
    """What one statement did since it was last taken away.

    Attributes:
        took: Seconds of each call; errors are in it.
        rows: Sent or changed.
        timeouts: Errors that a time limit of the server's made.
    """

    __slots__ = ("errors", "rows", "timeouts", "took")

    def __init__(self) -> None:
        self.took: list[float] = []
        self.rows = self.errors = self.timeouts = 0


@dataclass(frozen=True, slots=True)
class Example:
    """One call that stood out, or one by chance."""

    id: str
    at: float
    statement: str
    kind: Kind
    took_s: float
    rows: int
    sqlstate: str
    company_id: int | None
    request_id: str
    job_id: str
    asked_by: str
    line: str
    actor: str
    backend_pid: int | None


@dataclass(frozen=True, slots=True)
class Repeated:
    """A statement that one request or job sent again and again.

    Attributes:
        kind: `lazy`, `deferred`, `get` or `repeated`.
        what: `Order.lines` when a loader of that attribute mends it.
    """

    statement: str
    asked_by: str
    line: str
    kind: str
    what: str
    times: int
    request_id: str


@dataclass
class Taken:
    """What gathered between two visits of the thread."""

    cells: dict[Key, Cell] = field(default_factory=dict)
    examples: list[Example] = field(default_factory=list)
    repeats: list[Repeated] = field(default_factory=list)
    dropped: int = 0


class Watch:
    """What this process gathers.

    Attributes:
        floor_s: Slower calls may become examples.
        rate: One call in so many becomes one by chance.
        lines: Statement and who asks → where it was asked first.
        slowest: Statement → seconds of its slowest call in this minute.
        dropped: Calls that are not counted because too many different ones wait.
        when_full: Takes them away where no thread does, as in a long command.
    """

    __slots__ = (
        "cells", "dropped", "examples", "floor_s", "left", "lines", "rate", "repeats", "slowest", "waiting", "when_full",
    )  # fmt: skip

    def __init__(self) -> None:
        self.floor_s, self.rate = FLOOR_S, 1000
        self.when_full: Callable[[], object] = self.take
        self.lines: dict[tuple[str, str], str] = {}
        self.begin()

    def begin(self) -> None:
        """Begin empty."""
        self.cells: dict[Key, Cell] = {}
        self.examples: deque[Example] = deque(maxlen=MOST_SAMPLES)
        self.repeats: deque[Repeated] = deque(maxlen=MOST_SAMPLES)
        self.slowest: dict[str, float] = {}
        self.left, self.dropped, self.waiting = self.rate, 0, 0

    def take(self) -> Taken:
        """Return what gathered, and begin anew. Threads that are in mid-count still add to what is returned."""
        taken = Taken(self.cells, dropped=self.dropped)
        self.cells, self.dropped, self.waiting = {}, 0, 0
        taken.examples = [self.examples.popleft() for _ in range(len(self.examples))]
        taken.repeats = [self.repeats.popleft() for _ in range(len(self.repeats))]
        return taken


watch = Watch()


def note_turn() -> None:
    """Once in `rate` calls: begin counting to the next one, and see that what waits stays bounded."""
    watch.left = watch.rate
    watch.waiting += watch.rate
    if watch.waiting > MOST_CALLS:
        watch.when_full()
