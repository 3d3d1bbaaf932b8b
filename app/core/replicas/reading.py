"""`with reads_may_lag():` sends the reads inside to a replica that has everything who asks has written.

It may be some seconds behind of what others wrote, so it is for what nobody compares with a live page: reports, files
to take away, long looks back. Nothing that is read inside may be changed outside: the block has a session of its own.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec, TypeVar

import structlog
from flask import current_app
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.core import gates
from app.core.bulk import MORE_TIME
from app.core.db import db, fresh_session
from app.core.replicas import choice, written
from app.core.replicas.rotation import Replica
from app.core.replicas.watch import watch_of

log = structlog.get_logger(__name__)
P = ParamSpec("P")
R = TypeVar("R")
FLAG = "use-read-replicas"
# What a replica says that no primary would: a conflict with what it replays, its end, its start, its being a copy.
REPLICA_ENDS = frozenset({"40001", "40P01", "57P01", "57P02", "57P03", "25006"})


@contextmanager
def reads_may_lag() -> Iterator[Replica | None]:
    """Read from a replica inside the block, in a session of its own; from the primary when none is fit.

    What acts in another scope inside has its own session, and reads from the primary.

    Yields:
        The replica; None for the primary.
    """
    before = choice.replica_of(db.session())
    if before is not None:
        yield before
        return
    found = pick()
    with fresh_session():
        if found is not None:
            found.reads += 1
            db.session().info[choice.REPLICA] = found
        try:
            yield found
        except (DBAPIError, PoolTimeout) as error:
            if found is not None and is_of_replica(error):
                found.lose("It failed while it was read.")
                log.warning("replica failed", replica=found.name, error=type(error).__name__)
            raise


@contextmanager
def snapshot_may_lag() -> Iterator[None]:
    """Read everything inside the block as it stood at one moment, so that sums and their parts agree; for jobs.

    It takes longer than a page may. A replica that breaks meanwhile ends it; run again, it reads from another server.
    """
    with reads_may_lag():
        db.session().connection(execution_options={"isolation_level": "REPEATABLE READ"})
        db.session.execute(MORE_TIME)
        yield


def may_lag(function: Callable[P, R]) -> Callable[P, R]:
    """Let a function that only reads do so inside `reads_may_lag`, and again on the primary if the replica breaks.

    It must return what it has read, no generator: that would read when the block is over.
    """

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        replica = None
        try:
            with reads_may_lag() as replica:
                return function(*args, **kwargs)
        except (DBAPIError, PoolTimeout) as error:
            if replica is None or not is_of_replica(error):
                raise
        with fresh_session():
            return function(*args, **kwargs)

    return run


def is_of_replica(error: Exception) -> bool:
    """Say whether an error is the replica's, so that the primary may do better."""
    if not isinstance(error, DBAPIError):
        return isinstance(error, PoolTimeout)
    sqlstate = getattr(error.orig, "sqlstate", None)
    return error.connection_invalidated or sqlstate in REPLICA_ENDS or (sqlstate or "08").startswith("08")


def pick() -> Replica | None:
    """Return a replica that has all this reader has written; None when the primary must answer."""
    rotation = watch_of(current_app._get_current_object()).rotation  # type: ignore[attr-defined]  # noqa: SLF001
    if not rotation.replicas or db.session.info.get("in_transaction") or not gates.is_on(FLAG, default=True):
        return None
    return written.pick_caught_up(rotation)
