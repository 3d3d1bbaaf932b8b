"""The moving window, for any number of limits in one round trip, in Valkey or in this process.

A window is cut into 20 slices and counted by slice; the slice that is only half inside still counts whole. So
never more than the amount passes in any window, and what is used comes back at most 5 % of the window late.
A list of timestamps is exact but takes 22 bytes a request; a counter that guesses the last window's spread let
through twice the amount when attacked at the edge.
"""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

SLICES = 20
MAX_KEYS = 50_000

# KEYS: one hash of slices each. ARGV: per key amount, window in ms, cost; cost 0 only looks.
# Nothing is charged unless all have room. Returns per key: used, ms until room for the cost (0: there is).
SCRIPT = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local counts, waits, fits = {}, {}, true
for i, key in ipairs(KEYS) do
  local amount, window, cost = tonumber(ARGV[i*3-2]), tonumber(ARGV[i*3-1]), tonumber(ARGV[i*3])
  local slice = window / %d
  local oldest = math.floor((now - window) / slice)
  local used, alive, dead = 0, {}, {}
  local flat = redis.call('HGETALL', key)
  for j = 1, #flat, 2 do
    local at, n = tonumber(flat[j]), tonumber(flat[j+1])
    if at < oldest then dead[#dead+1] = flat[j] else used = used + n; alive[#alive+1] = {at, n} end
  end
  if #dead > 0 then redis.call('HDEL', key, unpack(dead)) end
  local wait = 0
  local over = used + math.max(cost, 1) - amount
  if over > 0 then
    table.sort(alive, function(a, b) return a[1] < b[1] end)
    wait = window
    for _, one in ipairs(alive) do
      over = over - one[2]
      if over <= 0 then wait = math.max(1, math.ceil((one[1] + 1) * slice + window - now)); break end
    end
    fits = fits and cost == 0
  end
  counts[i], waits[i] = used, wait
end
local answer = {}
for i, key in ipairs(KEYS) do
  local window, cost = tonumber(ARGV[i*3-1]), tonumber(ARGV[i*3])
  if fits and cost > 0 then
    redis.call('HINCRBY', key, math.floor(now / (window / %d)), cost)
    redis.call('PEXPIRE', key, math.ceil(window * 1.1))
    counts[i] = counts[i] + cost
  end
  answer[#answer+1], answer[#answer+2] = counts[i], waits[i]
end
return answer
""" % (SLICES, SLICES)  # noqa: UP031 (braces are Lua's)


@dataclass(frozen=True)
class Ask:
    """One limit to be counted for one key.

    Attributes:
        cost: How much this request takes; 0 only looks.
    """

    name: str
    key: str
    amount: int
    window_s: int
    cost: int = 1


@dataclass(frozen=True)
class Verdict:
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


def script_arguments(asks: Sequence[Ask]) -> tuple[list[str], list[int]]:
    """Return KEYS and ARGV of the script."""
    keys = [f"limit:{ask.name}:{ask.key}" for ask in asks]
    return keys, [value for ask in asks for value in (ask.amount, ask.window_s * 1000, ask.cost)]


def read_answer(asks: Sequence[Ask], answer: Sequence[int]) -> list[Verdict]:
    """Return the script's answer as verdicts."""
    return [Verdict(ask, answer[i * 2], ceil(answer[i * 2 + 1] / 1000)) for i, ask in enumerate(asks)]


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
