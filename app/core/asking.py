"""Who sends statements here: a request, a job, or a thread of a process."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from app.core import process
from app.core.context import known_request_id
from app.core.gathering import Repeated, watch

REPEATED = 10  # a statement that one request sends so often should have been one statement
MOST_SEEN = 1000
NUMBERED = re.compile(r"[-_ ]*([0-9A-HJKMNP-TV-Z]{26}|\d+)\b.*$")


class Asking:
    """A request, a job or a thread that sends statements.

    Attributes:
        name: Of the endpoint, of the job, or `relay:query-fold` for a thread.
        seen: Statement → how often; None for what has no end.
        repeated: Statement → kind, attribute and line, from the tenth time on.
    """

    __slots__ = ("job_id", "name", "repeated", "seconds", "seen", "statements")

    def __init__(self, name: str, *, job_id: str = "", ends: bool = False) -> None:
        self.name, self.job_id = name, job_id
        self.statements, self.seconds = 0, 0.0
        self.seen: dict[str, int] | None = {} if ends else None
        self.repeated: dict[str, tuple[str, str, str]] = {}


current: ContextVar[Asking | None] = ContextVar("asking", default=None)


def asking() -> Asking:
    """Return who asks here; a thread that nobody named is called after its process."""
    found = current.get()
    if found is None:
        found = Asking(name_of_thread(threading.current_thread().name))
        current.set(found)
    return found


def name_of_thread(thread: str) -> str:
    """Return `relay:query-fold`: the numbers and ids of threads are left out, for there is no end of them."""
    plain = NUMBERED.sub("", thread)
    return process.kind() if plain in {"", "MainThread", "Thread", "Dummy"} else f"{process.kind()}:{plain}"


def begin_request(endpoint: str) -> None:
    """From here on a request asks; `end_request` says when it is over."""
    current.set(Asking(endpoint, ends=True))


def end_request() -> None:
    """Keep what the request repeated."""
    found = current.get()
    if found is not None:
        current.set(None)
        keep_repeats(found)


@contextmanager
def asked_by(name: str, job_id: str = "") -> Iterator[Asking]:
    """Put what is sent inside the block down to a job."""
    made = Asking(name, job_id=job_id, ends=True)
    token = current.set(made)
    try:
        yield made
    finally:
        current.reset(token)
        keep_repeats(made)


def keep_repeats(by: Asking) -> None:
    """Keep what a request or a job repeated, with how often."""
    for statement, (kind, what, line) in by.repeated.items():
        times = (by.seen or {}).get(statement, REPEATED)
        watch.repeats.append(Repeated(statement, by.name, line, kind, what, times, known_request_id()))
