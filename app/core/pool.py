"""A connection pool behind a guard: while the database rests, a checkout is refused before anything is sent.

One call is one checkout: taking a connection that answers (`pool_pre_ping` asked it), or failing to. Only what
happens there counts, and a connection that dies in mid-use; so a broken rule, a deadlock or a cancelled
statement can never be taken for an outage.
"""

import time

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection, QueuePool

from app.core import guards
from app.core.errors import Problem
from app.core.guards import Guard

USED_AT = "used_at"
# A connection that was given back so recently is not asked whether it answers: a busy worker asked twice a job. One
# that died in between fails in its first statement, which empties the pool, so that costs one error at most.
TRUSTED_S = 1.0


class DatabaseResting(OperationalError):
    """No connection was taken: the database failed a moment ago. To who handles an outage it is one."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(None, None, ConnectionRefusedError(f"not asked; it rests for {retry_after_s} s"))
        self.retry_after_s = retry_after_s


class GuardedPool(QueuePool):
    """SQLAlchemy's pool of connections, guarded. `poolclass=GuardedPool`."""

    def connect(self) -> PoolProxiedConnection:
        """Return a connection.

        Raises:
            DatabaseResting: The guard is open.
        """
        guard = self.guard()
        if guard is None:
            return super().connect()
        try:
            return guard.call(super().connect)
        except Problem as refusal:
            raise self.refuse(refusal) from refusal

    def _do_get(self) -> ConnectionPoolEntry:
        entry = super()._do_get()
        if time.monotonic() - entry.info.get(USED_AT, float("-inf")) < TRUSTED_S:
            entry.fresh = True  # type: ignore[attr-defined]  # of its only class: what has just been connected is not asked
        return entry

    def _do_return_conn(self, record: ConnectionPoolEntry) -> None:
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
            guard = pool.guard()
            if guard is not None:
                guards.note_failure(guard, context.original_exception)
