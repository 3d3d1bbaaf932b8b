"""Waiting for a socket on gevent's loop itself, where a process has one.

psycopg asks the patched `select.poll`, which makes an object, a list of watchers and a timeout for every round trip; a
page has ten of them.
"""

from collections.abc import Callable, Generator
from typing import Any, TypeVar

from gevent import get_hub, monkey
from gevent.hub import Waiter
from psycopg import OperationalError
from psycopg.pq import ConnStatus

R = TypeVar("R")
LOOK_S = 0.1
is_on = monkey.is_module_patched("select")


def wait(gen: Generator[Any, Any, R], connection: Any, look: Callable[[], None] | None = None) -> R:
    """Return what a generator of psycopg's comes to.

    Args:
        gen: Yields what it waits for, and takes what is ready: reading 1, writing 2, as the loop has them.
        connection: libpq's; Any, because it is of C or of Python.
        look: Called whenever a tenth of a second brought nothing; may raise.

    Raises:
        OperationalError: Somebody closed the connection meanwhile.
    """
    try:
        wanted = next(gen)
        hub = get_hub()
        while True:
            ready = wait_once(hub, connection.socket, wanted)
            if not ready:
                if connection.status != ConnStatus.OK:
                    raise OperationalError("the connection is closed")
                if look is not None:
                    look()
            wanted = gen.send(ready)
    except StopIteration as end:
        result: R = end.value
        return result


def wait_once(hub: Any, socket: int, wanted: int) -> int:  # Any: gevent's, which has no types of its own
    """Return what was waited for; 0 when a tenth of a second brought nothing."""
    waiter = Waiter(hub)
    reader, timer = hub.loop.io(socket, wanted), hub.loop.timer(LOOK_S)
    reader.start(waiter.switch, wanted)
    timer.start(waiter.switch, 0)
    try:
        return int(waiter.get())
    finally:
        reader.stop()
        reader.close()
        timer.stop()
        timer.close()
