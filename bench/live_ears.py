"""A thousand sockets in one process that measures: raw frames, one loop, one clock.

Every message is noted as (seat, step, made at, heard at); an answer to a ping is the only thing ever sent.
"""

from __future__ import annotations  # an array has no [int] at run time

import json
import multiprocessing
import os
import selectors
import socket
import threading
from array import array
from dataclasses import dataclass, field
from typing import Any, Self

from bench.live_facts import micros
from tests.realtime.wire import RawSocket

PONG = b"\x81\x81\0\0\0\x003"  # masked with nothing, so the text stands as it is


@dataclass(frozen=True)
class Seat:
    """One socket to open.

    Attributes:
        hello: What it says when it connects.
        reads: False for a client that stops reading once it is connected.
    """

    url: str
    headers: dict[str, str]
    hello: dict[str, Any]
    reads: bool = True


@dataclass
class Heard:
    """What all seats heard, column by column; a page's message is noted once for each of its rows."""

    seats: array[int] = field(default_factory=lambda: array("H"))
    steps: array[int] = field(default_factory=lambda: array("Q"))
    made: array[int] = field(default_factory=lambda: array("Q"))
    at: array[int] = field(default_factory=lambda: array("Q"))
    messages: int = 0
    closed: int = 0
    cpu_s: float = 0.0

    def note(self, seat: int, step: int, made: int, at: int) -> None:
        """Note one delivery."""
        self.seats.append(seat)
        self.steps.append(step)
        self.made.append(made)
        self.at.append(at)


class Ears:
    """The process, from outside."""

    def __init__(self, seats: list[Seat]) -> None:
        context = multiprocessing.get_context("spawn")
        self.ours, theirs = context.Pipe()
        self.process = context.Process(target=sit, args=(seats, theirs), daemon=True)
        self.process.start()
        self.wait_s = 30 + len(seats) * 0.2

    def __enter__(self) -> Self:
        """Wait until every socket is connected and welcomed."""
        assert self.ours.poll(self.wait_s), "the sockets did not open"
        assert self.ours.recv() == "ready"
        return self

    def __exit__(self, *_: object) -> None:
        self.ours.send("stop")
        self.process.join(20)

    def collect(self) -> Heard:
        """Return what was heard since the last time."""
        self.ours.send("collect")
        assert self.ours.poll(60), "the ears do not answer"
        heard: Heard = self.ours.recv()
        return heard


def sit(seats: list[Seat], pipe: Any) -> None:
    """Open every seat, then note what comes until told to stop."""
    loop = Loop()
    for number, seat in enumerate(seats):
        loop.open(number, seat)
        loop.turn(0)
    pipe.send("ready")
    while True:
        loop.turn(0.02)
        if pipe.poll():
            if pipe.recv() == "stop":
                os._exit(0)
            loop.heard.cpu_s = sum(os.times()[:2])
            pipe.send(loop.heard)
            loop.heard = Heard()


class Loop:
    """One selector over all sockets."""

    def __init__(self) -> None:
        self.selector = selectors.DefaultSelector()
        self.heard = Heard()
        self.stalled: list[RawSocket] = []

    def open(self, number: int, seat: Seat) -> None:
        """Connect one seat and wait for its welcome."""
        raw = RawSocket(seat.url, {"Sec-WebSocket-Extensions": "", **seat.headers})
        raw.connect(seat.hello)
        while (event := raw.hear_event()) is not None and event[0] != "ready":
            pass
        assert event is not None, f"seat {number} was refused"
        if seat.reads:
            raw.socket.settimeout(0)
            self.selector.register(raw.socket, selectors.EVENT_READ, (number, raw))
        else:
            raw.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # so that little is read by the kernel
            self.stalled.append(raw)

    def turn(self, wait_s: float) -> None:
        """Read whatever came."""
        for key, _ in self.selector.select(wait_s):
            number, raw = key.data
            try:
                part = raw.socket.recv(262_144)
            except BlockingIOError:
                continue
            except OSError:
                part = b""
            at = micros()
            if not part:
                self.selector.unregister(raw.socket)
                raw.socket.close()
                self.heard.closed += 1
                continue
            raw.buffer = self.read_frames(number, raw, raw.buffer + part if raw.buffer else part, at)

    def read_frames(self, number: int, raw: RawSocket, data: bytes, at: int) -> bytes:
        """Note every whole frame and return what is left over."""
        here, end = 0, len(data)
        while end - here >= 2:
            length, start = data[here + 1] & 0x7F, here + 2
            if length == 126:
                length, start = int.from_bytes(data[here + 2 : here + 4], "big"), here + 4
            elif length == 127:
                length, start = int.from_bytes(data[here + 2 : here + 10], "big"), here + 10
            if start + length > end:
                break
            self.note(number, raw, data[start : start + length], at)
            here = start + length
        return data[here:]

    def note(self, number: int, raw: RawSocket, text: bytes, at: int) -> None:
        """Note one message: a fact, a window of rows, or a ping."""
        if text == b"2":
            raw.socket.send(PONG)
        elif text.startswith(b'42["rows"'):
            self.heard.messages += 1
            for row in json.loads(text[2:])[1]["rows"]:
                self.heard.note(number, row["version"], 0, at)
        elif (found := text.find(b'"at":')) > 0:
            self.heard.messages += 1
            step = text.index(b'"step":')
            self.heard.note(number, digits(text, step + 7), digits(text, found + 5), at)


def digits(text: bytes, start: int) -> int:
    """Return the number that stands at a place."""
    end = start
    while text[end : end + 1].isdigit():
        end += 1
    return int(text[start:end])


def pause(seconds: float) -> None:
    """Let a measurement run."""
    threading.Event().wait(seconds)
