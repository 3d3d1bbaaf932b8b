"""A connection pool behind a guard: while the database rests, a checkout is refused before anything is sent.

One call is one checkout: taking a connection that answers (`pool_pre_ping` asked it), or failing to. Only what
happens there counts, and a connection that dies in mid-use; so a broken rule, a deadlock or a cancelled
statement can never be taken for an outage.

The pool keeps `keep` connections and lets the others go once they were idle for long. SQLAlchemy's own way, which is
to close what exceeds `pool_size` the moment it comes back, makes a busy process connect again and again.
"""

import time
from typing import Any, cast

import psycopg
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection, QueuePool
from sqlalchemy.util.queue import Queue

from app.core import guards
from app.core.errors import Problem
from app.core.guards import Guard
from app.core.pool_figures import Gauges, PoolFigures
from app.core.pulse import NoPulse, OutOfTime, Pulse

USED_AT = "used_at"
# A connection that was given back so recently is not asked whether it answers: a busy worker asked twice a job. One
# that died in between fails in its first statement, which empties the pool, so that costs one error at most.
TRUSTED_S = 1.0
REST_S = 1  # a guard that rests for longer was not opened by a restart


class DatabaseResting(OperationalError):
    """No connection was taken: the database failed a moment ago. To who handles an outage it is one.

    Attributes:
        is_final: Nothing will have changed before this request must end.
    """

    def __init__(self, retry_after_s: int, *, is_final: bool = False) -> None:
        super().__init__(None, None, ConnectionRefusedError(f"not asked; it rests for {retry_after_s} s"))
        self.retry_after_s = retry_after_s
        self.is_final = is_final or retry_after_s > REST_S


class GuardedPool(QueuePool):
    """SQLAlchemy's pool of connections, guarded and measured. `poolclass=GuardedPool`.

    Attributes:
        keep: How many stay open however idle they are.
        idle_s: After so long nobody needs the others.
        pulse: Of the server; None where nobody waits for it, because another one answers instead.
    """

    # create_engine finds the options of a pool by its positional names.
    def __init__(
        self,
        creator: Any,  # Any: SQLAlchemy's
        keep: int = 1,
        idle_s: float = 300.0,
        pulse: Pulse | None = None,
        **options: Any,
    ) -> None:
        super().__init__(creator, **options)
        self.keep, self.idle_s, self.pulse = keep, idle_s, pulse
        self.figures = PoolFigures()

    def recreate(self) -> "GuardedPool":
        """Return a new pool like this one, which goes on counting where this one was."""
        made = cast("GuardedPool", super().recreate())
        made.keep, made.idle_s, made.pulse, made.figures = self.keep, self.idle_s, self.pulse, self.figures
        return made

    def connect(self) -> PoolProxiedConnection:
        """Return a connection.

        Raises:
            DatabaseResting: The guard is open, or the server is away and this request has waited for it.
        """
        guard, begun_at = self.guard(), time.perf_counter()
        if self.pulse is not None and self.pulse.is_away and not guards.is_unguarded() and not self.pulse.wait():
            if guard is not None:
                guards.note_failure(guard, NoPulse("still away"))
            raise DatabaseResting(REST_S, is_final=True)
        try:
            taken = self._take() if guard is None else guard.call(self._take)
        except Problem as refusal:
            raise self.refuse(refusal) from refusal
        except PoolTimeout:
            self.figures.waits.note(time.perf_counter() - begun_at, is_timeout=True)
            raise
        self.figures.waits.note(time.perf_counter() - begun_at)
        return taken

    def _take(self) -> PoolProxiedConnection:
        try:
            return super().connect()
        except OutOfTime:
            raise
        except psycopg.OperationalError:
            self.lose()
            raise

    def lose(self) -> None:
        """Take note that a connection was lost, or could not be had."""
        if self.pulse is not None:
            self.pulse.lose()

    def gauges(self) -> Gauges:
        """Return how many connections there are now, and who waits."""
        with self._queue().mutex:
            idle = sum(entry.dbapi_connection is not None for entry in self._queue().queue)
        in_use = self.checkedout()
        return Gauges(in_use + idle, in_use, idle, self.figures.waiting, self.size() + self._max_overflow)

    def close_idle(self) -> int:
        """Close what was idle for long, the longest first, and return how many; `keep` stay open.

        Its place in the pool stays: who takes it connects again.
        """
        closed = 0
        while self.gauges().total > self.keep and (entry := self._take_idle()) is not None:
            entry.close()
            self._put_last(entry)
            closed += 1
        return closed

    def _take_idle(self) -> ConnectionPoolEntry | None:
        queue, until = self._queue(), time.monotonic() - self.idle_s
        with queue.mutex:
            for entry in queue.queue:
                if entry.dbapi_connection is not None and entry.info.get(USED_AT, until) <= until:
                    queue.queue.remove(entry)
                    return entry
        return None

    def _put_last(self, entry: ConnectionPoolEntry) -> None:
        queue = self._queue()
        with queue.not_empty:
            queue.queue.appendleft(entry)
            queue.not_empty.notify()

    def _queue(self) -> Queue[ConnectionPoolEntry]:
        return cast("Queue[ConnectionPoolEntry]", self._pool)

    def _do_get(self) -> ConnectionPoolEntry:
        if self._overflow < self._max_overflow or not self._pool.empty():
            entry = super()._do_get()
        else:
            self.figures.begin_waiting()
            try:
                entry = super()._do_get()
            finally:
                self.figures.end_waiting()
        if time.monotonic() - entry.info.get(USED_AT, float("-inf")) < TRUSTED_S:
            entry.fresh = True  # type: ignore[attr-defined]  # of its only class: what has just been connected is not asked
        return entry

    def _do_return_conn(self, record: ConnectionPoolEntry) -> None:
        used = record.dbapi_connection
        if used is not None and getattr(used, "closed", False):  # lost on its way back: nobody is to trust it
            record.invalidate()
        record.info[USED_AT] = time.monotonic()
        super()._do_return_conn(record)

    def guard(self) -> Guard | None:
        """Return who is asked."""
        return guards.guard_of("database")

    def refuse(self, refusal: Problem) -> Exception:
        """Return what is raised instead of the guard's Problem: everybody is ready for a database that is away."""
        return DatabaseResting(getattr(refusal, "retry_after_s", 1))


@event.listens_for(sa.Engine, "handle_error")
def note_lost_connection(context: ExceptionContext) -> None:
    """Count a connection that died in mid-use; a failed checkout has been counted by the pool."""
    if context.is_disconnect and context.connection is not None and not context.is_pre_ping:
        pool = context.connection.engine.pool
        if isinstance(pool, GuardedPool):
            pool.lose()
            guard = pool.guard()
            if guard is not None:
                guards.note_failure(guard, context.original_exception)
