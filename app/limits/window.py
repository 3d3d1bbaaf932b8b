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
from hashlib import sha1
from math import ceil
from typing import NamedTuple, Self

from app.core.redis import array, bulk

SLICES = 20
MAX_KEYS = 50_000

# KEYS: one hash of slices each, and maybe one more that is only read. ARGV[1]: per hash amount, window in ms and
# cost as doubles; cost 0 only looks. Nothing is charged unless all have room. Returns per hash what is used and ms
# until there is room for the cost (0: there is), as doubles, and behind them what stands at the last key.
# Beside the slices, fields -1 and -2 hold their sum and the oldest of them, so that only a slice that is over makes
# the script add up twenty. One packed argument and one packed answer, because redis-py takes 1 µs for each of many.
SCRIPT = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local n = #ARGV[1] / 24
local asked = {struct.unpack('<' .. string.rep('d', n * 3), ARGV[1])}
local used, waits, slices, counts, fits = {}, {}, {}, {}, true

local function slices_of(key, oldest)
  local flat, alive, dead = redis.call('HGETALL', key), {}, {}
  for j = 1, #flat, 2 do
    local at = tonumber(flat[j])
    if at >= oldest then alive[#alive+1] = {at, tonumber(flat[j+1])} elseif at >= 0 then dead[#dead+1] = flat[j] end
  end
  table.sort(alive, function(a, b) return a[1] < b[1] end)
  return alive, dead, #flat > 0
end

local function add_up(key, oldest, newest)
  local alive, dead, is_there = slices_of(key, oldest)
  local sum = 0
  for _, one in ipairs(alive) do sum = sum + one[2] end
  if #dead > 0 then redis.call('HDEL', key, unpack(dead)) end
  if is_there then redis.call('HSET', key, '-1', sum, '-2', alive[1] and alive[1][1] or newest) end
  return sum
end

local function wait_for(key, over, slice, window)
  for _, one in ipairs((slices_of(key, math.floor((now - window) / slice)))) do
    over = over - one[2]
    if over <= 0 then return math.max(1, math.ceil((one[1] + 1) * slice + window - now)) end
  end
  return window
end

for i = 1, n do
  local key, amount, window, cost = KEYS[i], asked[i*3-2], asked[i*3-1], asked[i*3]
  local slice = window / SLICES
  local oldest, newest = math.floor((now - window) / slice), math.floor(now / slice)
  local kept = redis.call('HMGET', key, '-1', '-2', newest)
  local sum = tonumber(kept[1])
  if not sum or tonumber(kept[2]) < oldest then sum = add_up(key, oldest, newest) end
  local over = sum + math.max(cost, 1) - amount
  used[i], waits[i], slices[i], counts[i] = sum, 0, newest, tonumber(kept[3])
  if over > 0 then
    waits[i] = wait_for(key, over, slice, window)
    fits = fits and cost == 0
  end
end
local answer = {}
for i = 1, n do
  local cost = asked[i*3]
  if fits and cost > 0 then
    local key, sum = KEYS[i], used[i] + cost
    if counts[i] then redis.call('HSET', key, '-1', sum, slices[i], counts[i] + cost)
    else
      if used[i] == 0 then redis.call('HSET', key, '-2', slices[i]) end
      redis.call('HSET', key, '-1', sum, slices[i], cost)
      redis.call('PEXPIRE', key, math.ceil(asked[i*3-1] * 1.1))
    end
    used[i] = sum
  end
  answer[i*2-1], answer[i*2] = used[i], waits[i]
end
local read = KEYS[n+1] and redis.call('GET', KEYS[n+1]) or ''
return struct.pack('<' .. string.rep('d', n * 2), unpack(answer)) .. read
""".replace("SLICES", str(SLICES))
SHA = sha1(SCRIPT.encode()).hexdigest().encode()  # noqa: S324 (how EVALSHA names a script)


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
    keys = [f"limit:{ask.name}:{ask.key}".encode() for ask in asks]
    values = [value for _, _, amount, window_s, cost in asks for value in (amount, window_s * 1000, cost)]
    return keys, struct.pack(f"<{len(values)}d", *values)


@dataclass(frozen=True, slots=True)
class Bill:
    """Limits that are counted together, with the call of the script as it is sent.

    Attributes:
        alone: The whole call.
        head: With `tail`, the call when one more key is to be read, which stands between them.
    """

    asks: tuple[Ask, ...]
    alone: bytes
    head: bytes
    tail: bytes

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
        return cls(found, plain + tail, longer, tail)

    def __len__(self) -> int:
        """How many limits."""
        return len(self.asks)


def read_answer(asks: Sequence[Ask], answer: bytes) -> list[Verdict]:
    """Return the script's answer as verdicts."""
    figures = struct.unpack_from(f"<{len(asks) * 2}d", answer)
    return [Verdict(ask, int(figures[i * 2]), ceil(figures[i * 2 + 1] / 1000)) for i, ask in enumerate(asks)]


def read_rest(asks: Sequence[Ask], answer: bytes) -> bytes:
    """Return what stood at the key that was only read; nothing when there is none."""
    return answer[len(asks) * 16 :]


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
