"""psycopg's connection, with fewer messages, which does not wait for a server that has gone silent.

Whose rows are meant is said in one message with BEGIN, what is written last in one with COMMIT, and a question that is a
transaction by itself needs neither.

A server that is stopped refuses and resets; one that is frozen, or behind a cable that was pulled, says nothing, and
libpq waits for as long as that lasts. So a statement that has had no answer for a while asks whether the server still
takes connections at all (pulse.py). If it does, the statement is just slow; if not, its connection is closed.
"""

import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import psycopg
import sqlalchemy as sa
from psycopg import generators
from psycopg.adapt import PyFormat, Transformer
from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus
from psycopg.pq.abc import PGresult
from psycopg.rows import TupleRow
from sqlalchemy import event

from app.core import guards, looping
from app.core.pulse import NoPulse, Pulse, out_of_time, pulse_at

R = TypeVar("R")
# Transaction-local, so it can not leak through the pool; a number of ours, so it needs no quoting.
ACT_FOR = b"SELECT set_config('qd.company_id', '%d', true)"
Waits = Generator[Any, Any, R]  # Any: psycopg's own protocol between a generator and who waits for it
DONE = (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK, ExecStatus.PIPELINE_SYNC)


@dataclass(frozen=True)
class LastWords:
    """A statement that is only ever sent together with COMMIT.

    Attributes:
        name: Under which each connection prepares it, once.
        sql: Its text, with $1, $2 and so on, so that no value stands where one can read what runs.
    """

    name: bytes
    sql: bytes


class LiveConnection(psycopg.Connection[TupleRow]):
    """A connection that knows the pulse of its server.

    Attributes:
        pulse: Of its server; None where nobody looks.
        acts_for: The company to be named with the next BEGIN, and only with that one.
        is_alone: Whether the next statement goes without BEGIN, and only that one: it is a transaction by itself.
        to_say: What goes out with the next COMMIT, and each row for it.
    """

    pulse: Pulse | None = None
    acts_for: int | None = None
    is_alone = False
    to_say: tuple[LastWords, list[Sequence[Any]]] | None = None  # Any: bytes or a buffer of them, psycopg's
    _learned: frozenset[bytes] = frozenset()

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
                if one.status not in DONE:
                    raise psycopg.errors.error_from_result(one, encoding=self.info.encoding)

    def say_last(self, words: LastWords, rows: Sequence[Sequence[object]]) -> None:
        """Keep a statement for the COMMIT, to be done once for every row; a rollback forgets it.

        Raises:
            psycopg.DataError: A value cannot be said, such as a text with a NUL in it.
        """
        say = Transformer(self).dump_sequence
        self.to_say = words, [say(row, [PyFormat.TEXT] * len(row)) for row in rows]

    def _commit_gen(self) -> Waits[None]:
        """Commit; what was said of a transaction that did not begin is forgotten."""
        last, self.to_say = self.to_say, None
        if last is not None:
            yield from self._say_and_commit(*last)
            return
        self.acts_for, self.is_alone = None, False
        yield from super()._commit_gen()

    def _say_and_commit(self, words: LastWords, rows: list[Sequence[Any]]) -> Waits[None]:
        """Send the last words and COMMIT at once. The server does nothing of what follows a mistake.

        Raises:
            psycopg.Error: As the server said; the transaction is over, or to be rolled back.
        """
        if self._pipeline or self.autocommit:
            raise psycopg.ProgrammingError("last words belong to a transaction, and to no pipeline")
        self.is_alone = False
        yield from self._start_query()
        here, results = self.pgconn, list[PGresult]()
        try:
            here.enter_pipeline_mode()
            if words.name not in self._learned:
                here.send_prepare(words.name, words.sql)
            for row in rows:
                here.send_query_prepared(words.name, row)
            here.send_query_params(b"COMMIT", None)
            here.pipeline_sync()
            results += yield from generators.execute(here)
            while here.status == ConnStatus.OK and results[-1].status != ExecStatus.PIPELINE_SYNC:
                results += yield from generators.fetch_many(here)
            failed = next((one for one in results if one.status not in DONE), None)
            if results[0] is not failed:
                self._learned |= {words.name}  # prepared is prepared, even if what followed failed
            if here.status == ConnStatus.OK:
                here.exit_pipeline_mode()
        except BaseException:
            here.finish()  # what is still to come answers nobody's next question
            raise
        if failed is not None:
            raise psycopg.errors.error_from_result(failed, encoding=self.info.encoding)
        if here.status != ConnStatus.OK:
            raise psycopg.OperationalError("the connection was lost with the commit")

    def _deallocate(self, name: bytes | None) -> Waits[None]:
        """Let the server forget one statement or all of them, as psycopg has it do whenever a savepoint was rolled back."""
        if name is None:
            self._learned = frozenset()
        yield from super()._deallocate(name)

    def rollback(self) -> None:
        """Give the transaction up. A connection that is lost has nothing left to give up: whoever only read has its answer."""
        self.acts_for, self.is_alone, self.to_say = None, False, None
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
