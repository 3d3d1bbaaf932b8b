"""Any SQLAlchemy engine behind a breaker, by its pool.

    engine = sa.create_engine(url, poolclass=guarded_pool("billing-database"), pool_pre_ping=True)

A call is one checkout. Failures are connections that cannot be had, are lost in mid-use or are waited for in vain
(`pool_timeout`); errors of statements, also deadlocks and timeouts, never count. Slow is the checkout, not the
transaction. While the breaker is open a checkout raises CallNotPermitted and nothing is sent. Turn `pool_pre_ping`
on: without it a probe that gets an old connection proves nothing.
"""

from app.breakers.registry import breaker
from app.core import guards
from app.core.errors import Problem
from app.core.guards import Guard
from app.core.pool import GuardedPool


def guarded_pool(name: str) -> type[GuardedPool]:
    """Return the class of a pool that asks a breaker."""

    class NamedPool(GuardedPool):
        """A pool that asks its own breaker and lets its refusal through."""

        def guard(self) -> Guard | None:
            """Return the breaker."""
            return None if guards.is_unguarded() else breaker(name)

        def refuse(self, refusal: Problem) -> Exception:
            """Return the refusal."""
            return refusal

    return NamedPool
