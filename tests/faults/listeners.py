"""Many open pages in one process: each hears the facts of one topic, goes elsewhere when asked to, and goes on there."""

import random
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from tests.realtime.wire import RawSocket

AGAIN_S = 0.3  # as the pages' own client begins


@dataclass
class Listener:
    """One open page, as a script: it hears each fact with its number.

    Attributes:
        heard: The numbers, in order.
        began_at: The number before the first it must hear.
        told_at: When it was asked to go elsewhere; 0 while it was not, or is back.
        back_s: How long each return took, from then until it had caught up.
        alone_s: How long each time there was no connection.
    """

    url: str
    cookie: str
    topic: str
    heard: list[int] = field(default_factory=list)
    began_at: int = -1
    told_at: float = 0.0
    back_s: list[float] = field(default_factory=list)
    alone_s: list[float] = field(default_factory=list)
    is_open: bool = False
    refused: int = 0
    over: threading.Event = field(default_factory=threading.Event)
    raw: RawSocket | None = None

    def run(self) -> None:
        """Listen until told to stop, however often the connection ends."""
        ended_at = 0.0
        while not self.over.is_set():
            try:
                self.connect()
            except (OSError, ValueError):
                self.refused += 1
                self.over.wait(AGAIN_S)
                continue
            if ended_at:
                self.alone_s.append(time.monotonic() - ended_at)
                self.back_s.append(time.monotonic() - (self.told_at or ended_at))
                self.told_at = 0.0
            self.listen()
            self.is_open, ended_at = False, time.monotonic()

    def connect(self) -> None:
        """Open the connection and say where we were; everything missed has come when this returns."""
        self.raw = RawSocket(self.url, {"Cookie": self.cookie})
        if self.raw.status != 101:
            self.raw.socket.close()
            raise OSError(f"refused: {self.raw.status}")
        self.raw.connect({"topics": {self.topic: self.heard[-1] if self.heard else self.began_at}})
        while (event := self.raw.hear_event()) is not None:
            if event[0] == "ready":
                if self.began_at < 0:
                    self.began_at = event[1]["topics"][self.topic]
                self.raw.socket.settimeout(60)  # a ping comes every 25 s
                self.is_open = True
                return
            self.take(*event)
        raise OSError("closed before it was welcomed")

    def listen(self) -> None:
        """Hear until the connection ends, or the moment has come to go elsewhere."""
        assert self.raw is not None
        try:
            while (event := self.raw.hear_event()) is not None:
                if event[0] == "reconnect":
                    self.told_at = time.monotonic()
                    wait_s = random.uniform(0, event[1]["withinMs"] / 1000)
                    threading.Timer(wait_s, self.leave, (self.raw,)).start()
                else:
                    self.take(*event)
        except (OSError, ValueError):
            return

    def leave(self, raw: RawSocket) -> None:
        """End a connection; the thread that hears comes back elsewhere."""
        import socket

        try:
            raw.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # it ended first

    def take(self, name: str, data: Any) -> None:
        """Note a fact."""
        if name.startswith("order.") and isinstance(data, dict) and "seq" in data:
            self.heard.append(data["seq"])

    def wrong(self) -> list[tuple[int, int]]:
        """Return the first numbers that did not follow the one before, with that one."""
        pairs = zip([self.began_at, *self.heard], self.heard, strict=False)
        return [(before, now) for before, now in pairs if now != before + 1][:5]

    def is_whole(self, head: int) -> bool:
        """Say whether every fact up to a number was heard, once and in order."""
        return self.heard == list(range(self.began_at + 1, head + 1))


class Crowd:
    """All listeners."""

    def __init__(self, url: str, cookie: str, topic: str, many: int) -> None:
        self.all = [Listener(url, cookie, topic) for _ in range(many)]
        self._threads = [threading.Thread(target=one.run, daemon=True) for one in self.all]

    def start(self) -> None:
        """Connect them all, a few at a time as people open pages."""
        for thread in self._threads:
            thread.start()
            threading.Event().wait(0.01)

    def open_now(self) -> int:
        """Return how many are connected and caught up."""
        return sum(one.is_open for one in self.all)

    def stop(self) -> None:
        """Hang up."""
        for one in self.all:
            one.over.set()
        for one in self.all:
            if one.raw is not None:
                one.leave(one.raw)
        for thread in self._threads:
            thread.join(30)
