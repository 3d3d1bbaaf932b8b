"""The bounded outgoing queue of one socket.

Engine.IO's own queue has no bound: one browser that stops reading cost 40 MB when measured. A socket whose
backlog is full is closed; the page comes back by itself and catches up from its position.
"""

from collections.abc import Callable
from typing import Any

from engineio.packet import Packet  # type: ignore[import-untyped]

MOST_PACKETS = 2_000
MOST_BYTES = 4_000_000


def bounded(
    queue_class: type[Any], on_overflow: Callable[[Any], None]
) -> type[Any]:  # Any: gevent's or the stdlib's queue
    """Return a queue class that counts bytes and packets, and reports the first packet that does not fit.

    Args:
        queue_class: The queue of the async mode.
        on_overflow: Called once with the queue; what comes afterwards is dropped.
    """

    class Backlog(queue_class):  # type: ignore[misc]
        """Outgoing packets of one socket."""

        def __init__(self) -> None:
            super().__init__()
            self.bytes_waiting = 0
            self.is_full = False

        def put(self, item: Packet | None, *waiting: Any, **wait: Any) -> None:  # Any: passed on as they are
            """Queue a packet; None, which ends the writer, always fits."""
            if item is not None:
                if self.is_full:
                    return
                self.bytes_waiting += size_of(item)
                if self.bytes_waiting > MOST_BYTES or self.qsize() >= MOST_PACKETS:
                    self.is_full = True
                    on_overflow(self)
                    return
            super().put(item, *waiting, **wait)

        def get(self, *waiting: Any, **wait: Any) -> Packet | None:  # Any: as above
            """Take the next packet."""
            item: Packet | None = super().get(*waiting, **wait)
            if item is not None:
                self.bytes_waiting -= size_of(item)
            return item

    return Backlog


def size_of(packet: Packet) -> int:
    """Return about how many bytes a packet will take on the wire."""
    return len(packet.data) if isinstance(packet.data, str | bytes) else 64
