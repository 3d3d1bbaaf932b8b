"""What waits to be sent to one socket, and the bound of it.

As long as a client keeps up nothing waits: a frame goes to the kernel in the call that made it, without a queue and
without another greenlet. What does not fit waits in order and is written by a greenlet that ends when all is sent.
A browser that stops reading cost 40 MB when nothing bounded it; here its connection is cut, and the page comes back
by itself and catches up from its position.
"""

import ssl
from collections import deque
from collections.abc import Callable
from typing import Any, ClassVar

import gevent

MOST_FRAMES = 2_000
MOST_BYTES = 2_000_000
MOST_BYTES_OF_ALL = 64_000_000
ONE_WRITE = 16_384


class Outlet:
    """The outgoing side of one socket.

    Attributes:
        held: Bytes that wait in all outlets of this process.
    """

    held: ClassVar[int] = 0

    def __init__(self, plain: Any, on_overflow: Callable[[], None]) -> None:  # Any: gevent's socket is untyped
        self._plain, self._on_overflow = plain, on_overflow
        self._frames: deque[bytes] = deque()
        self._bytes = 0
        self._is_writing = False
        self.is_ended = False

    def put(self, data: bytes) -> None:
        """Send a frame now, or after those that wait."""
        if self.is_ended:
            return
        if not self._is_writing:
            try:
                sent = self._plain.send(data, 0, 0.0)  # a timeout of nothing: what does not fit is not waited for
            except (BlockingIOError, ssl.SSLWantWriteError):
                sent = 0
            except OSError:
                self.is_ended = True
                return
            if sent == len(data):
                return
            data = data[sent:]
        self._hold(data)

    def end(self, last: bytes) -> None:
        """Send what waits and one last frame; nothing afterwards."""
        self.put(last)
        self.is_ended = True

    def _hold(self, data: bytes) -> None:
        if (
            len(self._frames) >= MOST_FRAMES
            or self._bytes + len(data) > MOST_BYTES
            or Outlet.held + len(data) > MOST_BYTES_OF_ALL
        ):
            self.is_ended = True
            self._on_overflow()
            return
        self._frames.append(data)
        self._bytes += len(data)
        Outlet.held += len(data)
        if not self._is_writing:
            self._is_writing = True
            gevent.spawn(self._write)

    def _write(self) -> None:
        try:
            while self._frames:
                self._plain.sendall(self._take())
        except OSError:
            self.is_ended = True
        finally:
            Outlet.held -= self._bytes
            self._bytes = 0
            self._frames.clear()
            self._is_writing = False

    def _take(self) -> bytes:
        """Return the frames of one write."""
        taken = [self._frames.popleft()]
        size = len(taken[0])
        while self._frames and size < ONE_WRITE:
            taken.append(self._frames.popleft())
            size += len(taken[-1])
        self._bytes -= size
        Outlet.held -= size
        return b"".join(taken)
