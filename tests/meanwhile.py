"""What others do between two statements of ours: a page that asks twice must not trip over it."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import sqlalchemy as sa

MOMENTS = ("before_cursor_execute", "after_cursor_execute")  # what commits in between tells of neither


@contextmanager
def meanwhile(work: Callable[[], object], *, most: int = 20, moments: Sequence[str] = MOMENTS) -> Iterator[None]:
    """Do something in another thread right before and right after each statement of this one, at most so many times."""
    mine, left = threading.get_ident(), [most]

    def act(*_: object) -> None:
        if threading.get_ident() == mine and left[0]:
            left[0] -= 1
            with ThreadPoolExecutor(1) as others:
                others.submit(work).result()

    for moment in moments:
        sa.event.listen(sa.Engine, moment, act)
    try:
        yield
    finally:
        for moment in moments:
            sa.event.remove(sa.Engine, moment, act)
