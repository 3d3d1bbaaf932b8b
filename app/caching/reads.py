"""What is known of the cache: the last hour's reads of all processes, and the keys that matter most."""

import time
from collections import Counter
from dataclasses import dataclass
from typing import Literal, cast

from redis import Redis

from app.accounts.reads import companies_by_id
from app.core import gates
from app.core.cache import Everywhere, namespaces
from app.core.cache.figures import MINUTE_S, SIZE_KEY, cost_key, minute_key
from app.core.cache.reading import GATE
from app.core.redis import RedisAway, request_redis

MINUTES, SHOWN = 60, 10


@dataclass(frozen=True)
class NamespaceView:
    """One namespace over the last hour; the counts are those of app/core/cache/figures.py."""

    name: str
    meaning: str
    ttl_s: int
    tables: tuple[str, ...]
    is_everywhere: bool
    counts: Counter[str]

    @property
    def hits(self) -> int:
        """Good values."""
        return self.counts["hit"]

    @property
    def early(self) -> int:
        """Good values that were read again in the background."""
        return self.counts["early"]

    @property
    def waits(self) -> int:
        """Reads that got what somebody else was reading just then."""
        return self.counts["wait"]

    @property
    def near(self) -> int:
        """Copies of the own process, while Valkey was away."""
        return self.counts["near"]

    @property
    def misses(self) -> int:
        """Reads that asked the database."""
        return self.counts["miss"]

    @property
    def away(self) -> int:
        """Reads that asked the database because Valkey was away."""
        return self.counts["away"]

    @property
    def bypassed(self) -> int:
        """Reads that did not ask the cache at all."""
        return self.counts["bypass"]

    @property
    def spared(self) -> int:
        """Reads that did not ask the database."""
        return self.hits + self.early + self.waits + self.near

    @property
    def reads(self) -> int:
        """All reads that asked the cache."""
        return self.spared + self.misses + self.away

    @property
    def hit_ratio(self) -> float | None:
        """Share of the reads that did not ask the database."""
        return self.spared / self.reads if self.reads else None

    @property
    def miss_ms(self) -> float | None:
        """What one read of the database took."""
        return self.counts["load_us"] / 1000 / self.counts["loads"] if self.counts["loads"] else None

    @property
    def saved_ms(self) -> float:
        """What the database was spared."""
        return self.counts["saved_us"] / 1000


@dataclass(frozen=True)
class KeyView:
    """One value; its company is empty for what is made of all companies' rows. What was asked for is a digest."""

    key: str
    namespace: str
    company: str
    bytes: int | None = None
    saved_ms: float | None = None
    ttl_s: float | None = None


@dataclass(frozen=True)
class CacheView:
    """All of it; `total` is every namespace together."""

    state: Literal["on", "off", "away"]
    namespaces: list[NamespaceView]
    total: NamespaceView
    dearest: list[KeyView]
    largest: list[KeyView]


def read_cache() -> CacheView:
    """Return what the cache did in the last hour. Inside the installation."""
    try:
        counts, dear, large, lives = request_redis().run(_ask)
    except RedisAway:
        counts, dear, large, lives = {}, [], [], {}
        state: Literal["on", "off", "away"] = "away"
    else:
        state = "on" if gates.is_on(GATE, default=True) else "off"
    shown = [_view(name, counts.get(name, Counter())) for name in sorted(namespaces)]
    shown.sort(key=lambda one: (-one.saved_ms, -one.reads, one.name))
    total = NamespaceView("", "", 0, (), is_everywhere=False, counts=sum((one.counts for one in shown), Counter()))
    companies = _companies([key for key, _ in (*dear, *large)])
    dearest = [_key(key, companies, saved_ms=score, ttl_s=lives.get(key)) for key, score in dear]
    largest = [_key(key, companies, size=int(score), ttl_s=lives.get(key)) for key, score in large]
    return CacheView(state, shown, total, dearest[:SHOWN], [one for one in largest if one.ttl_s][:SHOWN])


Scored = list[tuple[str, float]]


def _ask(client: Redis) -> tuple[dict[str, Counter[str]], Scored, Scored, dict[str, float]]:
    """Ask for all of it in two round trips."""
    now = time.time()
    pipe = client.pipeline(transaction=False)
    for back in range(MINUTES):
        pipe.hgetall(minute_key(now - back * MINUTE_S))
    pipe.zrevrange(cost_key(now), 0, SHOWN * 2, withscores=True)
    pipe.zrevrange(SIZE_KEY, 0, SHOWN * 4, withscores=True)
    *minutes, dear, large = pipe.execute()
    counts: dict[str, Counter[str]] = {}
    for minute in minutes:
        for field, n in cast("dict[bytes, bytes]", minute).items():
            namespace, _, what = field.decode().partition("|")
            counts.setdefault(namespace, Counter())[what] += int(n)
    dearest, largest = ([(key.decode(), float(score)) for key, score in found] for found in (dear, large))
    keys = list(dict.fromkeys(key for key, _ in (*dearest, *largest)))
    pipe = client.pipeline(transaction=False)
    for key in keys:
        pipe.pttl(key)
    lives = {key: left / 1000 for key, left in zip(keys, pipe.execute(), strict=True) if left > 0}
    return counts, dearest, largest, lives


def _view(name: str, counts: Counter[str]) -> NamespaceView:
    one = namespaces[name]
    return NamespaceView(name, one.meaning, one.ttl_s, one.tables, isinstance(one, Everywhere), counts)


def _companies(keys: list[str]) -> dict[int, tuple[str, str]]:
    ids = {int(key.split(":")[1]) for key in keys if key.split(":")[1].isdecimal()}
    return companies_by_id(ids) if ids else {}


def _key(
    key: str, companies: dict[int, tuple[str, str]], *, size: int | None = None, saved_ms: float | None = None,
    ttl_s: float | None = None,
) -> KeyView:  # fmt: skip
    _, place, namespace, *_ = key.split(":")
    company = companies.get(int(place), ("", "a company that is gone"))[1] if place.isdecimal() else ""
    return KeyView(key.rpartition(":")[2], namespace, company, size, saved_ms, ttl_s)
