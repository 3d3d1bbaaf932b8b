"""Time that the application waited for a statement and PostgreSQL did not execute it."""

from typing import Protocol

from app.queries.reads.server import ServerFigures

# So many times PostgreSQL's own time, and a second in all: less is the way there and back.
TIMES, ENOUGH_MS = 10.0, 1000.0
# PostgreSQL counts a COMMIT without its waiting for the disk, so the rest of such a one is not known to be elsewhere.
COUNTED = frozenset({"select", "insert", "update", "delete", "merge"})


class Seen(Protocol):
    """A statement as the application saw it."""

    @property
    def verb(self) -> str:
        """What it does."""

    @property
    def timeouts(self) -> int:
        """How many calls were stopped; PostgreSQL counts none of them."""

    @property
    def total_ms(self) -> float:
        """How long all calls took."""

    @property
    def mean_ms(self) -> float | None:
        """How long a call took; None of no call."""


def is_elsewhere(one: Seen, server: ServerFigures | None) -> bool:
    """Say whether a statement's time was mostly not in PostgreSQL: on the way, or waiting for its turn in the process.

    Calls are compared, not sums: the two are read at different instants.
    """
    if server is None or not server.calls or one.timeouts or one.verb not in COUNTED:
        return False
    return one.total_ms >= ENOUGH_MS and (one.mean_ms or 0.0) >= TIMES * server.mean_ms
