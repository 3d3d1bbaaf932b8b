"""A TCP proxy that spoils connections on order, in the terms of Toxiproxy (github.com/Shopify/toxiproxy).

    with FaultProxy(target=("127.0.0.1", 5432)) as proxy:
        url = proxy.url_of("postgresql://ada@127.0.0.1:5432/shop")
        proxy.latency(ms=200)
        proxy.heal()

Toxics add up until `heal`. As in Toxiproxy most of them spoil the downstream, what the server answers; `stream=`
names "upstream", "downstream" or "both". Unlike there, `timeout` holds bytes back instead of dropping them: TCP
sends again what a network lost, so nobody meets a stream with a hole in it.
"""

import asyncio
import socket
import threading
import time
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from tests.faults.link import BOTH, DOWNSTREAM, Link, Spoiled, Toxic


class FaultProxy:
    """Listens on a port of 127.0.0.1 and carries each connection to the target, through the toxics.

    Attributes:
        port: Where it listens; kept while it is down, so that nobody else takes it.
        accepted: How many connections came.
    """

    def __init__(self, target: tuple[str, int]) -> None:
        self.target, self.accepted = target, 0
        self.spoiled = Spoiled()
        self.links: set[Link] = set()
        self._server: asyncio.Server | None = None
        self._place = _bound(0)
        self.port: int = self._place.getsockname()[1]
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=f"proxy to {target[1]}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._do(self._listen())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._do(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._place.close()

    def url_of(self, url: str) -> str:
        """Return the same URL by way of this proxy."""
        there = urlsplit(url)
        login, at, _ = there.netloc.rpartition("@")
        return there._replace(netloc=f"{login}{at}127.0.0.1:{self.port}").geturl()

    @property
    def connections(self) -> int:
        """How many connections are open now."""
        return len(self.links)

    def latency(self, ms: float, jitter_ms: float = 0, stream: str = DOWNSTREAM) -> None:
        """Delay every byte, without narrowing the stream."""
        self._add(stream, latency_s=ms / 1000, jitter_s=jitter_ms / 1000)

    def bandwidth(self, kb_s: float, stream: str = DOWNSTREAM) -> None:
        """Let so many kilobytes through a second, each connection for itself."""
        self._add(stream, bytes_s=kb_s * 1000)

    def limit_data(self, bytes_: int, stream: str = DOWNSTREAM) -> None:
        """Let so many more bytes through each connection, then close it."""
        self._add(stream, limit_bytes=bytes_)

    def timeout(self, after_ms: float | None = None, stream: str = BOTH) -> None:
        """Accept, and let nothing through; close after a while, or never."""
        self._add(stream, is_holding=True, close_after_s=None if after_ms is None else after_ms / 1000)

    def reset_peer(self, after_ms: float = 0) -> None:
        """Send RST to both ends so long after now, to later connections so long after they came."""
        self._add(BOTH, reset_after_s=after_ms / 1000)

    def down(self) -> None:
        """Refuse connections, and close those that are open."""
        self._do(self._stop())

    def heal(self) -> None:
        """Take every toxic away, and listen."""
        self._do(self._heal())

    def _add(self, stream: str, **how: Any) -> None:  # Any: the fields of Toxic
        self._do(self._change([*self.spoiled.toxics, Toxic(stream, time.monotonic(), **how)]))

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=10)

    async def _listen(self) -> None:
        if self._server is None:
            listener = _bound(self.port)
            listener.listen(1024)
            self._server = await asyncio.start_server(self._carry, sock=listener)

    async def _stop(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for link in list(self.links):
            link.end()
        await asyncio.gather(*(link.ended.wait() for link in list(self.links)))

    async def _heal(self) -> None:
        await self._change([])
        await self._listen()

    async def _change(self, toxics: list[Toxic]) -> None:
        self.spoiled.toxics = toxics
        for link in self.links:
            link.obey()
        was, self.spoiled.changed = self.spoiled.changed, asyncio.Event()
        was.set()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        link = Link(self.target, self.spoiled, writer)
        self.links.add(link)
        try:
            await link.carry(reader)
        finally:
            self.links.discard(link)
            link.ended.set()


def _bound(port: int) -> socket.socket:
    """Return a socket that has the port but does not listen: several may have it, one at most listens."""
    place = socket.socket()
    place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    place.bind(("127.0.0.1", port))
    return place
