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

    Yields:
        The replica; None for the primary.
    """
    if choice.chosen() is not None:
        yield choice.chosen()
        return
    found = pick()
    if found is not None:
        found.reads += 1
    token = choice._chosen.set(found)  # noqa: SLF001 (one package)
    try:
        with fresh_session():
            yield found
    finally:
        choice._chosen.reset(token)  # noqa: SLF001 (as above)


def may_lag(function: Callable[P, R]) -> Callable[P, R]:
    """Let a function that only reads do so inside `reads_may_lag`, and again on the primary if the replica breaks.

    It must return what it has read, no generator: that would read when the block is over.
    """

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if choice.chosen() is not None:
            return function(*args, **kwargs)
        with reads_may_lag() as replica:
            try:
                return function(*args, **kwargs)
            except (DBAPIError, PoolTimeout) as error:
                if replica is None or not is_of_replica(error):
                    raise
                replica.lose("It failed while it was read.")
                log.warning("replica failed; read again on the primary", replica=replica.name, error=str(error.args[0]))
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
