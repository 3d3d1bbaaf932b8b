"""Which job runs here, so that what it queues is known as its child."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True)
class Cause:
    """The job above a new one, and the one at the top of the tree."""

    parent_id: str | None = None
    root_id: str = ""


NOTHING = Cause()
_cause: ContextVar[Cause] = ContextVar("cause", default=NOTHING)


def current_cause() -> Cause:
    """Return what new jobs are put down to; nothing outside a job."""
    return _cause.get()


@contextmanager
def caused_by(parent_id: str | None, root_id: str) -> Iterator[None]:
    """Put the jobs queued inside the block down to another one."""
    token = _cause.set(Cause(parent_id, root_id))
    try:
        yield
    finally:
        _cause.reset(token)
