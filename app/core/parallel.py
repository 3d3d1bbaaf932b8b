"""Several reads at once, each over a connection of its own: a page that needs four slow figures waits for one.

Only a few at a time in each process, so that one page never takes a pool from all others; what finds no place is read
by who asked, one after the other. Each read is a transaction of its own: figures that must agree with each other are
read by `snapshot_may_lag` instead.
"""

import threading
from collections.abc import Callable
from contextvars import copy_context
from typing import Any, Generic, TypeVar

from app.core.db import fresh_session

T = TypeVar("T")
AT_ONCE = 4  # threads of a process beside those that ask; below DB_MAX_CONNECTIONS by far
_places = threading.BoundedSemaphore(AT_ONCE)


class Reading(Generic[T]):
    """One read, in a thread of its own when there is a place."""

    def __init__(self, function: Callable[[], T]) -> None:
        self.function = function
        self.result: T | None = None
        self.error: BaseException | None = None
        self.thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin now, if there is a place. The company, the request id and the person go with it."""
        if not _places.acquire(blocking=False):
            return
        context = copy_context()
        self.thread = threading.Thread(target=lambda: context.run(self._run_placed), name="parallel", daemon=True)
        try:
            self.thread.start()
        except RuntimeError:  # the system gives no thread
            self.thread = None
            _places.release()

    def finish(self) -> T:
        """Return the result: wait for it, or read it here.

        Raises:
            BaseException: What the function raised.
        """
        if self.thread is None:
            self._run()
        else:
            self.thread.join()
        if self.error is not None:
            raise self.error
        return self.result  # type: ignore[return-value]  # set when there is no error

    def _run_placed(self) -> None:
        try:
            self._run()
        finally:
            _places.release()

    def _run(self) -> None:
        try:
            with fresh_session():
                self.result = self.function()
        except BaseException as error:  # noqa: BLE001 (raised again by who asked)
            self.error = error


def read_together(*functions: Callable[[], Any]) -> list[Any]:  # Any: what each of them returns
    """Return what functions that only read return, in their order; the first error of them is raised.

    Nothing they return may be a row that is changed later: their sessions are over.
    """
    readings = [Reading(one) for one in functions]
    for one in readings[1:]:
        one.start()
    errors, results = [], []
    for one in readings:
        try:
            results.append(one.finish())
        except BaseException as error:  # noqa: BLE001 (all must have ended before it is raised)
            errors.append(error)
    if errors:
        raise errors[0]
    return results
