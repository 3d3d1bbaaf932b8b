"""Our side of a WebSocket under gevent, in place of Engine.IO's own.

Engine.IO keeps four greenlets for each socket (a reader, its handler, a writer, a sleeping ping) and encodes and
queues each packet for each socket. Here it is one greenlet, a timer, and one frame for all sockets a packet goes to.
"""

import time
from collections.abc import Callable, Iterable
from typing import Any

import gevent
import structlog
from engineio import packet  # type: ignore[import-untyped]
from engineio.exceptions import EngineIOError  # type: ignore[import-untyped]
from engineio.socket import Socket  # type: ignore[import-untyped]

from app.realtime import frames
from app.realtime.frames import BadFrame, Inbox
from app.realtime.guard import Environ, Wire
from app.realtime.outlet import Outlet

log = structlog.get_logger(__name__)
READ_BYTES = 4096


class Line(Socket):  # type: ignore[misc]  # Engine.IO is untyped
    """An Engine.IO socket that writes to its connection itself.

    Attributes:
        outlet: What is sent.
    """

    outlet: Outlet
    wire: Wire
    closed: bool
    closing: bool
    last_ping: float | None

    def take_over(self, wire: Wire) -> None:
        """Begin: what was queued before there was a connection goes first."""
        self.wire = wire
        self.outlet = Outlet(wire.plain, self._overflow)
        self.connected = self.upgraded = True
        while not self.queue.empty():
            self.outlet.put(frame_of(self.queue.get(block=False)))

    def listen(self) -> None:
        """Read until the connection ends."""
        inbox = Inbox(self.server.max_http_buffer_size)
        try:
            while not self.closed and (data := self.wire.plain.recv(READ_BYTES)):
                for kind, payload in inbox.take(data):
                    self._hear(kind, payload)
        except BadFrame as problem:
            self.outlet.end(frames.closing(problem.code))
        except (OSError, EngineIOError, ValueError) as problem:
            log.debug("socket ended", reason=str(problem))
        self.outlet.is_ended = True
        self.close(wait=False, abort=True, reason=self.server.reason.TRANSPORT_CLOSE)

    def _hear(self, kind: int, payload: Any) -> None:  # Any: text or bytes
        if kind == frames.PING:
            self.outlet.put(frames.frame(frames.PONG, payload))
        elif kind == frames.CLOSE:
            self.outlet.end(frames.frame(frames.CLOSE, payload))
            raise EngineIOError("closed by the client")
        elif kind != frames.PONG:
            self.receive(packet.Packet(encoded_packet=payload))

    def send(self, pkt: Any) -> None:  # Any: Engine.IO is untyped
        """Send one packet; a socket that has ended takes nothing and disturbs nobody."""
        if not self.closed and self.check_ping_timeout():
            self.outlet.put(frame_of(pkt))

    def close(self, wait: bool = True, abort: bool = False, reason: str | None = None) -> None:  # noqa: FBT001, FBT002 (Engine.IO's own)
        """End it, once: tell the application, then the other side."""
        if self.closed or self.closing:
            return
        self.closing = True
        reason = reason or self.server.reason.SERVER_DISCONNECT
        self.server._trigger_event("disconnect", self.sid, reason, run_async=False)  # noqa: SLF001 (as its own socket does)
        if not abort:
            self.outlet.put(frame_of(packet.Packet(packet.CLOSE)))
            self.outlet.end(frames.closing(frames.NORMAL))
        self.closed = True

    def schedule_ping(self) -> None:
        """Ping after a while; a timer has no stack of its own until it rings."""
        if self.last_ping:
            self.last_ping = None
            gevent.spawn_later(self.server.ping_interval, self._ping)

    def _ping(self) -> None:
        if not self.closing and not self.closed:
            self.last_ping = time.time()
            self.send(packet.Packet(packet.PING))

    def _overflow(self) -> None:
        """Cut a client that does not read: its own writer hangs in a send."""
        log.warning("socket backlog full, closed")
        self.wire.cut()


class Upgrade:
    """Answers the handshake and serves the connection until it ends; Engine.IO makes one for each socket."""

    def __init__(self, handler: Callable[..., object], server: object) -> None:
        self.socket: Any = handler.__self__  # type: ignore[attr-defined]  # Engine.IO hands over a method of its socket

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Serve one connection.

        Raises:
            StopIteration: It is over; gunicorn has nothing left to answer.
        """
        accepted = frames.accept_key(environ.get("HTTP_SEC_WEBSOCKET_KEY", ""))
        if accepted is None or environ.get("HTTP_SEC_WEBSOCKET_VERSION") != "13":
            self.socket.close(wait=False, abort=True)
            start_response("400 Bad Request", [("Content-Length", "0"), ("Sec-WebSocket-Version", "13")])
            return []
        wire: Wire = environ["gunicorn.socket"]
        wire.plain.sendall(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accepted.encode() + b"\r\n\r\n"
        )
        self.socket.__class__ = Line
        self.socket.take_over(wire)
        self.socket.listen()
        self.socket.server.sockets.pop(self.socket.sid, None)  # Engine.IO would do so when its sweep comes by
        raise StopIteration


def frame_of(pkt: Any) -> bytes:  # Any: Engine.IO is untyped
    """Return a packet as one frame, made once however many sockets it goes to."""
    made: bytes | None = getattr(pkt, "frame", None)
    if made is None:
        text = pkt.encode()
        made = frames.frame(frames.TEXT, text.encode()) if isinstance(text, str) else frames.frame(frames.BINARY, text)
        pkt.frame = made
    return made
