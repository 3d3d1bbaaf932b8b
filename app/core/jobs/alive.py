"""Keeping running jobs alive: a lease is extended and a log written from beside the job, however silent it is.

Most jobs end before there is anything to do. So one thread a process looks around, and only a job that has run for
half a second gets a thread of its own, which nobody else's locks can hold up.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

LOOK_S = 0.25
YOUNG_S = 0.4

Keep = Callable[[threading.Event], None]


@dataclass(eq=False)
class _Run:
    """One running job.

    Attributes:
        keep: What its own thread does until the event is set.
    """

    name: str
    keep: Keep
    began_at: float = field(default_factory=time.monotonic)
    over: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def grow(self) -> None:
        """Begin its thread, if it is old enough, has none and has not ended."""
        if self.thread is not None or time.monotonic() - self.began_at < YOUNG_S:
            return
        with self._lock:
            if not self.over.is_set():
                self.thread = threading.Thread(target=self.keep, args=(self.over,), name=self.name, daemon=True)
                self.thread.start()

    def end(self) -> None:
        """End its thread, and wait until that has written what it was writing."""
        with self._lock:
            self.over.set()
        if self.thread is not None:
            self.thread.join()


class _Lookout:
    """The one thread of a process; it sleeps while no job runs. Threads do not survive a fork, so a child begins anew."""

    def __init__(self) -> None:
        self.runs: set[_Run] = set()
        self.stirred = threading.Event()
        self.lock = threading.Lock()
        self.thread: threading.Thread | None = None

    def add(self, run: _Run) -> None:
        """Look after one more."""
        with self.lock:
            self.runs.add(run)
            if self.thread is None:
                self.thread = threading.Thread(target=self.watch, name="lookout", daemon=True)
                self.thread.start()
        if not self.stirred.is_set():
            self.stirred.set()

    def remove(self, run: _Run) -> None:
        """Look after it no more."""
        with self.lock:
            self.runs.discard(run)

    def watch(self) -> None:
        """Look around four times a second while anything runs."""
        pause = threading.Event()
        while self.stirred.wait():
            pause.wait(LOOK_S)
            with self.lock:
                runs = list(self.runs)
                if not runs:
                    self.stirred.clear()
            for run in runs:
                run.grow()


_lookout = _Lookout()


def _begin_anew() -> None:
    global _lookout  # noqa: PLW0603 (one for each process)
    _lookout = _Lookout()


os.register_at_fork(after_in_child=_begin_anew)


@contextmanager
def kept_alive(name: str, keep: Keep) -> Iterator[None]:
    """Do something from a thread of its own while the block runs, once it has run for a while.

    Args:
        name: The thread's.
        keep: Called with an event that is set when the block is over; it returns soon after that.
    """
    run = _Run(name, keep)
    lookout = _lookout
    lookout.add(run)
    try:
        yield
    finally:
        lookout.remove(run)
        run.end()
