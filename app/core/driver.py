"""psycopg's connection, which does not wait for a server that has gone silent.

A server that is stopped refuses and resets; one that is frozen, or behind a cable that was pulled, says nothing, and
libpq waits for as long as that lasts. So a statement that has had no answer for a while asks whether the server still
takes connections at all (pulse.py). If it does, the statement is just slow; if not, its connection is closed.
"""

import time
from collections.abc import Callable, Generator
from functools import partial
from typing import Any, TypeVar

import psycopg
import sqlalchemy as sa
from psycopg.rows import TupleRow
from sqlalchemy import event

from app.core import guards
from app.core.pulse import NoPulse, Pulse, pulse_at

R = TypeVar("R")
Waits = Generator[Any, Any, R]  # Any: psycopg's own protocol between a generator and who waits for it


class LiveConnection(psycopg.Connection[TupleRow]):
    """A connection that knows the pulse of its server."""

    pulse: Pulse | None = None

    def wait(self, gen: Waits[R], *given: Any, **named: Any) -> R:  # Any: passed on as they are
        """Wait for an answer; psycopg calls this for every round trip.

        Raises:
            NoPulse: The server is silent.
        """
        if self.pulse is None:
            return super().wait(gen, *given, **named)
        try:
            return super().wait(watched(gen, partial(self.pulse.look, time.monotonic())), *given, **named)
        except NoPulse:
            self.pgconn.finish()  # what was asked may still be answered; nobody may read that as the next answer
            raise

    def rollback(self) -> None:
        """Give the transaction up. A connection that is lost has nothing left to give up: whoever only read has its answer."""
        try:
            super().rollback()
        except psycopg.OperationalError:
            if not self.broken:
                raise


def watched(gen: Waits[R], look: Callable[[], None]) -> Waits[R]:
    """Pass a generator's waits on, and look whenever a tenth of a second brought nothing."""
    try:
        state = next(gen)
        while True:
            ready = yield state
            if not ready:
                look()
            state = gen.send(ready)
    except StopIteration as end:
        result: R = end.value
        return result


@event.listens_for(sa.Engine, "do_connect")
def connect_alive(dialect: sa.Dialect, record: Any, arguments: Any, named: dict[str, Any]) -> LiveConnection | None:
    """Open a connection for a pool; at once refused while the server is known to be away.

    Args:
        dialect: Whose connections these are.
        record: The pool's; Any is SQLAlchemy's.
        arguments: Positional arguments of the driver, as above.
        named: Its other arguments.

    Raises:
        NoPulse: The server is away. System threads find out for themselves.
    """
    if dialect.driver != "psycopg":
        return None
    pulse = pulse_at(named)
    if pulse.is_away and not guards.is_unguarded():
        raise NoPulse("it was lost a moment ago and is not back yet")
    made = LiveConnection.connect(*arguments, **named)
    made.pulse = pulse
    pulse.beat()
    return made
