"""Waiting for a disk without holding up everybody else: gevent knows when a socket is ready, and of a disk nothing."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
AT_ONCE = 8


def aside(act: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Do what may wait for the disk in a thread, where gevent runs; else here.

    A gigabyte that is made durable takes seconds, in which one greenlet would keep all others of its process waiting,
    the one that tells gunicorn that we live among them.
    """
    pool = _pool()
    if pool is None:
        return act(*args, **kwargs)
    task = pool.spawn(act, *args, **kwargs)
    try:
        result: T = task.get()
    except BaseException:
        task.wait()  # given up meanwhile: its descriptor must not be closed, and given to another, while it writes
        raise
    return result


@lru_cache(maxsize=1)
def _pool() -> Any:  # Any: gevent has no types
    from gevent import monkey

    if not monkey.is_module_patched("threading"):
        return None
    from gevent.threadpool import ThreadPool

    return ThreadPool(AT_ONCE)
