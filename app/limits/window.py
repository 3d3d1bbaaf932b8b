"""The moving window, for any number of limits in one round trip, in Valkey or in this process.

A window is cut into 20 slices and counted by slice; the slice that is only half inside still counts whole. So
never more than the amount passes in any window, and what is used comes back at most 5 % of the window late.
A list of timestamps is exact but takes 22 bytes a request; a counter that guesses the last window's spread let
through twice the amount when attacked at the edge.
"""

import struct
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil
from typing import NamedTuple, Self

from app.core.redis import array, bulk
from app.limits.script import SHA, SLICES

MAX_KEYS = 50_000


class Ask(NamedTuple):
    """One limit to be counted for one key.

    Attributes:
        cost: How much this request takes; 0 only looks.
    """

    name: str
    key: str
    amount: int
    window_s: int
    cost: int = 1


class Verdict(NamedTuple):
    """What a limit says.

    Attributes:
        wait_s: Seconds until there is room again; 0 when there is.
    """

    ask: Ask
    used: int
    wait_s: int

    @property
    def has_room(self) -> bool:
        """Whether this limit lets the request through."""
        return self.wait_s == 0

    @property
    def left(self) -> int:
        """How many more pass now."""
        return max(self.ask.amount - self.used, 0)


def script_arguments(asks: Sequence[Ask]) -> tuple[list[bytes], bytes]:
    """Return KEYS and ARGV[1] of the script."""
    keys = [f"limit:{name}:{key}:{window_s}".encode() for name, key, _, window_s, _ in asks]
    values = [value for _, _, amount, window_s, cost in asks for value in (amount, window_s * 1000, cost)]
    return keys, struct.pack(f"<{len(values)}d", *values)


@dataclass(frozen=True, slots=True)
class Bill:
    """Limits that are counted together, with the call of the script as it is sent.

    Attributes:
        alone: The whole call.
        head: With `tail`, the call when one more key is to be read, which stands between them.
        figures: How the answer begins.
    """

    asks: tuple[Ask, ...]
    alone: bytes
    head: bytes
    tail: bytes
    figures: struct.Struct

    @classmethod
    def of(cls, asks: Iterable[Ask]) -> Self:
        """Pack asks."""
        found = tuple(asks)
        keys, argument = script_arguments(found)
        between, tail = b"".join(map(bulk, keys)), bulk(argument)
        plain, longer = (
            array(count + 4) + bulk(b"EVALSHA") + bulk(SHA) + bulk(b"%d" % count) + between
            for count in (len(keys), len(keys) + 1)
        )
        return cls(found, plain + tail, longer, tail, struct.Struct(f"<{len(found) * 2}d"))

    def __len__(self) -> int:
        """How many limits."""
        return len(self.asks)

    def read(self, answer: bytes) -> list[Verdict]:
        """Return the script's answer as verdicts."""
        each = iter(self.figures.unpack_from(answer))
        figures = zip(self.asks, each, each, strict=False)  # by two; strict would ask the one iterator once too often
        return [Verdict(ask, int(used), 0 if wait >= 0 else ceil(-wait / 1000)) for ask, used, wait in figures]

    def read_rest(self, answer: bytes) -> bytes:
        """Return what stood at the key that was only read; nothing when there is none."""
        return answer[self.figures.size :]


class MemoryWindows:
    """The same windows in this process, for the minutes in which Valkey is away.

    Args:
        share: By how many processes the amounts are divided.
    """

    def __init__(self, share: int = 1) -> None:
        self.share = share
        self._slices: dict[str, dict[int, int]] = {}
        self._lock = threading.Lock()

    def evaluate(self, asks: Sequence[Ask], now_s: float | None = None) -> list[Verdict]:
        """Count all asks, or none when one has no room."""
        now = time.monotonic() if now_s is None else now_s
        with self._lock:
            looked = [self._look(ask, now) for ask in asks]
            if all(wait == 0 or ask.cost == 0 for ask, (_, wait) in zip(asks, looked, strict=True)):
                for ask in asks:
                    self._charge(ask, now)
                looked = [(used + ask.cost, wait) for ask, (used, wait) in zip(asks, looked, strict=True)]
        return [Verdict(ask, used, ceil(wait)) for ask, (used, wait) in zip(asks, looked, strict=True)]

    def _look(self, ask: Ask, now: float) -> tuple[int, float]:
        slice_s = ask.window_s / SLICES
        oldest = int((now - ask.window_s) // slice_s)
        slices = self._slices.get(f"{ask.name}:{ask.key}", {})
        for at in [at for at in slices if at < oldest]:
            del slices[at]
        used = sum(slices.values())
        over = used + max(ask.cost, 1) - max(ask.amount // self.share, 1)
        if over <= 0:
            return used, 0.0
        for at in sorted(slices):
            over -= slices[at]
            if over <= 0:
                return used, max((at + 1) * slice_s + ask.window_s - now, 0.001)
        return used, float(ask.window_s)

    def _charge(self, ask: Ask, now: float) -> None:
        if ask.cost == 0:
            return
        if len(self._slices) >= MAX_KEYS:
            self._slices.pop(next(iter(self._slices)))
        slices = self._slices.setdefault(f"{ask.name}:{ask.key}", {})
        at = int(now // (ask.window_s / SLICES))
        slices[at] = slices.get(at, 0) + ask.cost
