"""psycopg's connection with few round trips, which does not wait for a server that has gone silent.

Whose rows are meant is said together with the begin of a transaction; a read that goes alone has its begin and end with
it; and nobody waits for the end of what was only read.

A server that is stopped refuses and resets; one that is frozen, or behind a cable that was pulled, says nothing, and
libpq waits for as long as that lasts. So a statement that has had no answer for a while asks whether the server still
takes connections at all (pulse.py). If it does, the statement is just slow; if not, its connection is closed.
"""

import time
from collections.abc import Callable, Generator, Sequence
from functools import partial
from typing import Any, TypeVar

import psycopg
import sqlalchemy as sa
from psycopg import generators
from psycopg._preparing import Prepare
from psycopg.adapt import Transformer
from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus
from psycopg.rows import TupleRow
from sqlalchemy import event

from app.core import guards, looping
from app.core.pulse import NoPulse, Pulse, pulse_at

R = TypeVar("R")
# Transaction-local, so it can not leak through the pool; a number of ours, so it needs no quoting.
TELL_COMPANY = b"SELECT set_config('qd.company_id', '%d', true)"
Waits = Generator[Any, Any, R]  # Any: psycopg's own protocol between a generator and who waits for it


class LiveConnection(psycopg.Connection[TupleRow]):
    """A connection that knows the pulse of its server.

    Attributes:
        pulse: Of its server; None where nobody looks.
        company_id: Whose rows the next transaction is about; none once it is over.
        is_alone: Whether the next statement needs no transaction around it: it is one, in one round trip.
        owes_end: Whether the server was told to end a transaction and its answer has not been read.
    """

    pulse: Pulse | None = None
    company_id: int | None = None
    is_alone = owes_end = False

    def __init__(self, *given: Any, **named: Any) -> None:  # Any: libpq's connection and psycopg's own
        super().__init__(*given, **named)
        self.cursor_factory = LiveCursor

    def wait(self, gen: Waits[R], *given: Any, **named: Any) -> R:  # Any: passed on as they are
        """Wait for an answer; psycopg calls this for every round trip.

        Raises:
            NoPulse: The server is silent.
        """
        if self.owes_end:
            gen = self._after_end(gen)
        if self.pulse is None:
            return super().wait(gen, *given, **named)
        look = partial(self.pulse.look, time.monotonic())
        try:
            if looping.is_on and not given and not named:
                return looping.wait(gen, self.pgconn, look)
            return super().wait(watched(gen, look), *given, **named)
        except NoPulse:
            self.pgconn.finish()  # what was asked may still be answered; nobody may read that as the next answer
            raise

    def act_for(self, company_id: int, *, is_alone: bool = False) -> bool:
        """Say whose rows the next transaction is about; False when one is open already, which has to be told.

        Args:
            company_id: Whose.
            is_alone: The next statement only reads, and is not about to be locked or continued.
        """
        if not self.owes_end and self.pgconn.transaction_status != TransactionStatus.IDLE:
            return False
        self.company_id, self.is_alone = company_id, is_alone
        return True

    def take_alone(self) -> bool:
        """Say, once, whether the next statement goes alone."""
        is_alone, self.is_alone = self.is_alone, False
        is_idle = self.pgconn.transaction_status == TransactionStatus.IDLE
        return is_alone and is_idle and not self._autocommit and not self._pipeline

    def commit(self) -> None:
        """Commit; the next transaction is nobody's until it is said whose."""
        self.company_id, self.is_alone = None, False
        super().commit()

    def rollback(self) -> None:
        """Give the transaction up. A connection that is lost has nothing left to give up: whoever only read has its answer."""
        self.company_id, self.is_alone = None, False
        if self.owes_end:
            return
        try:
            if looping.is_on and self.is_sound:
                self._send_end()
            else:
                super().rollback()
        except psycopg.OperationalError:
            if not self.broken:
                raise

    @property
    def is_sound(self) -> bool:
        """Whether a transaction is open here in which nothing failed, and nothing else is going on."""
        is_open = self.pgconn.transaction_status == TransactionStatus.INTRANS
        return is_open and not (self._pipeline or self._num_transactions or self._tpc)

    def _send_end(self) -> None:
        """Tell the server to roll back, and leave the answer for who comes next: it takes its turn before theirs.

        What was prepared stays so, because nothing that it names came or went with the transaction.
        """
        self.pgconn.send_query(b"ROLLBACK")
        self.owes_end = True
        if self.pgconn.flush():
            self.wait(nothing())

    def _after_end(self, gen: Waits[R]) -> Waits[R]:
        self.owes_end = False
        check((yield from generators.execute(self.pgconn)), self)
        return (yield from gen)

    def _start_query(self) -> Waits[None]:
        """Begin a transaction unless one is open, and say whose rows it is about in the same round trip."""
        company_id, is_idle = self.company_id, self.pgconn.transaction_status == TransactionStatus.IDLE
        if company_id is None or self._autocommit or not is_idle:
            yield from super()._start_query()
        elif self._pipeline:
            yield from super()._start_query()
            yield from self._exec_command(TELL_COMPANY % company_id)
        else:
            self._check_connection_ok()
            self.pgconn.send_query(b"%s; %s" % (self._get_tx_start_command(), TELL_COMPANY % company_id))
            check((yield from generators.execute(self.pgconn)), self)


class LiveCursor(psycopg.Cursor[TupleRow]):
    """A cursor that sends what goes alone without a transaction around it.

    The server makes one transaction of what comes between two syncs; what is told of it ends with it.
    """

    _conn: LiveConnection

    def _execute_gen(
        self, query: Any, params: Any = None, *, prepare: bool | None = None, binary: bool | None = None
    ) -> Waits[None]:  # fmt: skip  # Any: psycopg's
        """Send a statement and read what it comes to."""
        if not self._conn.take_alone():
            yield from super()._execute_gen(query, params, prepare=prepare, binary=binary)
            return
        connection = self._conn
        connection._check_connection_ok()  # noqa: SLF001 (both are ours)
        self._reset()
        self._tx = Transformer(self)
        asked = self._convert_query(query, params)
        if connection.company_id is None:
            yield from self._maybe_prepare_gen(asked, prepare=prepare, binary=binary)
        else:
            yield from self._read_for_company(asked, connection.company_id)
        self._last_query = query
        yield from connection._prepared.maintain_gen(connection)  # noqa: SLF001 (as above)

    def _read_for_company(self, asked: Any, company_id: int) -> Waits[None]:  # Any: as above
        """Say whose rows are meant and read them, in one round trip."""
        pgconn, kept = self._conn.pgconn, self._conn._prepared  # noqa: SLF001 (as above)
        prepare, name = kept.get(asked)
        pgconn.enter_pipeline_mode()
        pgconn.send_query_params(TELL_COMPANY % company_id, None)
        if prepare is Prepare.SHOULD:
            pgconn.send_prepare(name, asked.query, param_types=asked.types)
        if prepare is Prepare.NO:
            pgconn.send_query_params(asked.query, asked.params, param_types=asked.types, param_formats=asked.formats)
        else:
            pgconn.send_query_prepared(name, asked.params, param_formats=asked.formats)
        pgconn.pipeline_sync()
        try:
            results = yield from read_trip(pgconn)
        except BaseException:  # nobody may take what is still to come for the next answer
            pgconn.finish()
            raise
        if prepare is not Prepare.SHOULD or results[1].status == ExecStatus.COMMAND_OK:
            key = kept.maybe_add_to_cache(asked, prepare, name)
            if key is not None:
                kept.validate(key, prepare, name, results[-1:])
        check(results, self._conn)
        self._query = asked
        self._set_results(results[-1:])


def read_trip(pgconn: Any) -> Waits[list[Any]]:  # Any: as above
    """Send what was gathered and read all answers to it.

    Raises:
        OperationalError: The connection was lost before the last one.
    """
    yield from generators.send(pgconn)
    results: list[Any] = []
    while not results or results[-1].status != ExecStatus.PIPELINE_SYNC:
        more = yield from generators.fetch_many(pgconn)
        if not more or pgconn.status != ConnStatus.OK:
            raise psycopg.OperationalError("the connection is lost")
        results += more
    pgconn.exit_pipeline_mode()
    return results[:-1]


def check(results: Sequence[Any], connection: LiveConnection) -> None:  # Any: psycopg's results, of C or of Python
    """Raise what the server said, when it is an error."""
    for one in results:
        if one.status not in (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK):
            raise psycopg.errors.error_from_result(one, encoding=connection.info.encoding)


def nothing() -> Waits[None]:
    """Return at once: for whoever only reads what is owed."""
    yield from ()


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
