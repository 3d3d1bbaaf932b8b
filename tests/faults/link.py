"""One connection through the fault proxy (tests/faults/proxy.py), and the toxics it obeys."""

import asyncio
import random
import socket
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

CHUNK_BYTES = 16_384
WAITING_CHUNKS = 1024
UPSTREAM, DOWNSTREAM, BOTH = "upstream", "downstream", "both"


@dataclass(frozen=True)
class Toxic:
    """One way to spoil a stream; fields that are None do nothing."""

    stream: str
    since: float
    latency_s: float = 0
    jitter_s: float = 0
    bytes_s: float | None = None
    limit_bytes: int | None = None
    is_holding: bool = False
    close_after_s: float | None = None
    reset_after_s: float | None = None


@dataclass
class Spoiled:
    """What all connections of a proxy obey.

    Attributes:
        changed: Set, and replaced, when the toxics change.
    """

    toxics: list[Toxic] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)


class Link:
    """One connection and its way to the target."""

    def __init__(self, target: tuple[str, int], spoiled: Spoiled, near: asyncio.StreamWriter) -> None:
        self.target, self.spoiled, self.near, self.since = target, spoiled, near, time.monotonic()
        self.far: asyncio.StreamWriter | None = None
        self.passed: dict[Toxic, int] = {}
        self.ended, self._over = asyncio.Event(), asyncio.Event()
        self._timers: list[asyncio.TimerHandle] = []

    async def carry(self, reader: asyncio.StreamReader) -> None:
        """Carry both ways until one end hangs up or a toxic ends it."""
        self.obey()
        work: list[asyncio.Task[Any]] = [asyncio.create_task(self._over.wait())]
        try:
            with suppress(OSError):
                far_reader, self.far = await asyncio.open_connection(*self.target)
                work += [
                    asyncio.create_task(self._pump(reader, self.far, UPSTREAM)),
                    asyncio.create_task(self._pump(far_reader, self.near, DOWNSTREAM)),
                ]
                await asyncio.wait(work, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in work:
                task.cancel()
            await asyncio.gather(*work, return_exceptions=True)
            for timer in self._timers:
                timer.cancel()
            for writer in self._writers():
                writer.transport.abort() if self._over.is_set() else writer.close()

    def obey(self) -> None:
        """Set the clocks of the toxics that end connections."""
        for timer in self._timers:
            timer.cancel()
        self._timers = []
        for toxic in self.spoiled.toxics:
            passed_s = time.monotonic() - max(self.since, toxic.since)
            if toxic.reset_after_s is not None:
                self._at(toxic.reset_after_s - passed_s, self.reset)
            elif toxic.close_after_s is not None:
                self._at(toxic.close_after_s - passed_s, self.end)

    def reset(self) -> None:
        """End it with RST."""
        for writer in self._writers():
            end = writer.get_extra_info("socket")
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.end()

    def end(self) -> None:
        """End it; what waits is dropped."""
        self._over.set()

    def _writers(self) -> list[asyncio.StreamWriter]:
        return [self.near] if self.far is None else [self.near, self.far]

    def _at(self, delay_s: float, act: Callable[[], None]) -> None:
        self._timers.append(asyncio.get_running_loop().call_later(max(delay_s, 0), act))

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, stream: str) -> None:
        waiting: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(WAITING_CHUNKS)
        emptying = asyncio.create_task(self._empty(waiting, writer, stream))
        try:
            with suppress(OSError):
                while chunk := await reader.read(CHUNK_BYTES):
                    await waiting.put((time.monotonic(), chunk))
            await waiting.put((time.monotonic(), b""))
            await emptying
        finally:
            emptying.cancel()

    async def _empty(
        self, waiting: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter, stream: str
    ) -> None:
        with suppress(OSError):
            while True:
                came_at, chunk = await waiting.get()
                await self._delay(came_at, len(chunk), stream)
                if not chunk:
                    return
                allowed = self._allowed(len(chunk), stream)
                writer.write(chunk[:allowed])
                await writer.drain()
                if allowed < len(chunk):
                    return

    async def _delay(self, came_at: float, size: int, stream: str) -> None:
        while any(toxic.is_holding for toxic in self._mine(stream)):
            await self.spoiled.changed.wait()
        for toxic in self._mine(stream):
            late_s = toxic.latency_s + random.uniform(-toxic.jitter_s, toxic.jitter_s)
            if late_s:
                await asyncio.sleep(came_at + late_s - time.monotonic())
            if toxic.bytes_s:
                await asyncio.sleep(size / toxic.bytes_s)

    def _allowed(self, size: int, stream: str) -> int:
        for toxic in self._mine(stream):
            if toxic.limit_bytes is not None:
                passed = self.passed.get(toxic, 0)
                size = min(size, toxic.limit_bytes - passed)
                self.passed[toxic] = passed + size
        return size

    def _mine(self, stream: str) -> list[Toxic]:
        return [toxic for toxic in self.spoiled.toxics if toxic.stream in {stream, BOTH}]
