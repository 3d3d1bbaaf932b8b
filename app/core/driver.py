"""psycopg's connection, with fewer messages, which does not wait for a server that has gone silent.

Whose rows are meant is said in one message with BEGIN, and a question that is a transaction by itself needs neither.

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
from psycopg import generators
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.rows import TupleRow
from sqlalchemy import event

from app.core import guards, looping
from app.core.pulse import NoPulse, Pulse, out_of_time, pulse_at

R = TypeVar("R")
# Transaction-local, so it can not leak through the pool; a number of ours, so it needs no quoting.
ACT_FOR = b"SELECT set_config('qd.company_id', '%d', true)"
Waits = Generator[Any, Any, R]  # Any: psycopg's own protocol between a generator and who waits for it


class LiveConnection(psycopg.Connection[TupleRow]):
    """A connection that knows the pulse of its server.

    Attributes:
        pulse: Of its server; None where nobody looks.
        acts_for: The company to be named with the next BEGIN, and only with that one.
        is_alone: Whether the next statement goes without BEGIN, and only that one: it is a transaction by itself.
    """

    pulse: Pulse | None = None
    acts_for: int | None = None
    is_alone = False

    @classmethod
    def _connect_gen(cls, conninfo: str = "") -> Waits[Any]:  # Any: psycopg's
        return watched(super()._connect_gen(conninfo), out_of_time())

    def wait(self, gen: Waits[R], *given: Any, **named: Any) -> R:  # Any: passed on as they are
        """Wait for an answer; psycopg calls this for every round trip.

        Raises:
            NoPulse: The server is silent.
        """
        look = None if self.pulse is None else partial(self.pulse.look, time.monotonic())
        try:
            if looping.is_on and not given and not named:
                return looping.wait(gen, self.pgconn, look)
            return super().wait(gen if look is None else watched(gen, look), *given, **named)
        except NoPulse:
            self.pgconn.finish()  # what was asked may still be answered; nobody may read that as the next answer
            raise

    def act_for(self, company_id: int) -> bool:
        """Let the next BEGIN say whose rows are meant; False inside a transaction, which has to be told by a statement."""
        if self.autocommit or self.pgconn.transaction_status != TransactionStatus.IDLE:
            return False
        self.acts_for = company_id
        return True

    def _start_query(self) -> Waits[None]:
        """Begin a transaction unless one is open; psycopg calls this before every statement."""
        company_id, is_alone = self.acts_for, self.is_alone
        self.acts_for, self.is_alone = None, False
        if company_id is None:
            if not is_alone:
                yield from super()._start_query()
        elif self.autocommit:
            raise psycopg.ProgrammingError("a company was named, and no transaction begins")
        elif self._pipeline or self.pgconn.transaction_status != TransactionStatus.IDLE:
            yield from super()._start_query()
            yield from self._exec_command(ACT_FOR % company_id)
        else:
            self.pgconn.send_query(b"%s; %s" % (self._get_tx_start_command(), ACT_FOR % company_id))
            for one in (yield from generators.execute(self.pgconn)):
                if one.status not in (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK):
                    raise psycopg.errors.error_from_result(one, encoding=self.info.encoding)

    def _commit_gen(self) -> Waits[None]:
        """Commit; what was said of a transaction that did not begin is forgotten."""
        self.acts_for, self.is_alone = None, False
        yield from super()._commit_gen()

    def rollback(self) -> None:
        """Give the transaction up. A connection that is lost has nothing left to give up: whoever only read has its answer."""
        self.acts_for, self.is_alone = None, False
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
