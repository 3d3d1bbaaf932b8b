"""What others do between two statements of ours: a page that asks twice must not trip over it."""

import re
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import Any

import sqlalchemy as sa

from tests.world import Person

MOMENTS = ("before_cursor_execute", "after_cursor_execute")  # what commits in between tells of neither


@contextmanager
def meanwhile(work: Callable[[], object], *, most: int = 20, moments: Sequence[str] = MOMENTS) -> Iterator[None]:
    """Do something in another thread right before and right after each statement of this one, at most so many times."""
    left = [most]

    def act(_statement: str) -> None:
        if left[0]:
            left[0] -= 1
            _let(work)

    with _heard(moments, act):
        yield


@contextmanager
def right_after(pattern: str, work: Callable[[], object], person: Person | None = None) -> Iterator[None]:
    """Do something once, in another thread, right after this one's first statement that a pattern is found in.

    Args:
        pattern: A regular expression; a dot stands for a line's end, too.
        work: What is done.
        person: Who does it; None where `work` says so itself.
    """
    left = [work]

    def done_by_them(work: Callable[[], object]) -> None:
        with person.acting() if person else nullcontext():
            work()

    def act(statement: str) -> None:
        if left and re.search(pattern, statement, re.DOTALL):
            _let(partial(done_by_them, left.pop()))

    with _heard(MOMENTS[1:], act):
        yield
    assert not left, "that moment never came"


def _let(work: Callable[[], object]) -> None:
    with ThreadPoolExecutor(1) as others:
        others.submit(work).result()


@contextmanager
def _heard(moments: Sequence[str], act: Callable[[str], None]) -> Iterator[None]:
    mine = threading.get_ident()

    def hear(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:  # Any: SQLAlchemy's own
        if threading.get_ident() == mine:
            act(statement)

    for moment in moments:
        sa.event.listen(sa.Engine, moment, hear)
    try:
        yield
    finally:
        for moment in moments:
            sa.event.remove(sa.Engine, moment, hear)
