"""Any SQLAlchemy engine behind a breaker, by its pool.

    engine = sa.create_engine(url, poolclass=guarded_pool("billing-database"), pool_pre_ping=True)

A call is one checkout. Failures are connections that cannot be had, are lost in mid-use or are waited for in vain
(`pool_timeout`); errors of statements, also deadlocks and timeouts, never count. Slow is the checkout, not the
transaction. While the breaker is open a checkout raises CallNotPermitted and nothing is sent. Turn `pool_pre_ping`
on: without it a probe that gets an old connection proves nothing.
"""

from app.core.errors import Problem
from app.core.pool import GuardedPool


def guarded_pool(name: str) -> type[GuardedPool]:
    """Return the class of a pool that asks a breaker."""
    return type("NamedPool", (_NamedPool,), {"guard_name": name})


class _NamedPool(GuardedPool):
    """A pool that lets the breaker's own refusal through."""

    def refuse(self, refusal: Problem) -> Exception:
        """Return the refusal."""
        return refusal
