"""How often the cache helps: counted in each process, added up in Valkey by the minute every few seconds.

cf:<minute>       hash   <namespace>|<what> → count; kept three hours
cf:cost:<hour>    zset   key → milliseconds it saved; the 200 that saved most, kept three hours
cf:size           zset   key → bytes, of the 200 largest
"""

import os
import threading
import time
from collections import Counter

import structlog
from flask import Flask
from prometheus_client import Counter as Metric
from redis import Redis
from redis.exceptions import RedisError

from app.core import guards
from app.core.metrics import registry
from app.core.redis import connect
from config import Settings

log = structlog.get_logger(__name__)
FLUSH_S, KEPT_S, BUDGET_S = 5.0, 10_800, 1.0
MOST_KEYS, KEPT_KEYS = 2000, 200
MINUTE_S, HOUR_S = 60, 3600
reads_total = Metric(
    "quarterdeck_cache_reads_total", "Reads through the cache.", ["namespace", "outcome"], registry=registry
)
OUTCOMES = ("hit", "early", "miss", "wait", "near", "bypass", "away")


def minute_key(at: float) -> str:
    """Return the hash of a minute."""
    return f"cf:{int(at) // MINUTE_S}"


def cost_key(at: float) -> str:
    """Return the sorted set of an hour."""
    return f"cf:cost:{int(at) // HOUR_S}"


SIZE_KEY = "cf:size"


class Figures:
    """What one process has counted and not told yet. Nothing here waits: a thread tells."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self._counts: Counter[str] = Counter()
        self._saved_us: Counter[str] = Counter()
        self._sizes: dict[str, int] = {}
        self._pid = 0
        self._lock = threading.Lock()

    def note(self, namespace: str, outcome: str, *, key: str = "", saved_s: float = 0.0) -> None:
        """Count one read.

        Args:
            namespace: Of the value.
            outcome: One of `OUTCOMES`.
            key: Of the value, when it saved something.
            saved_s: What the database would have taken.
        """
        with self._lock:
            self._counts[f"{namespace}|{outcome}"] += 1
            if saved_s:
                self._counts[f"{namespace}|saved_us"] += round(saved_s * 1e6)
                if key in self._saved_us or len(self._saved_us) < MOST_KEYS:
                    self._saved_us[key] += round(saved_s * 1e6)
        self.ensure_started()

    def note_load(self, namespace: str, took_s: float, *, key: str = "", size_bytes: int = 0) -> None:
        """Count one read of the database, and the size of what it found."""
        with self._lock:
            self._counts[f"{namespace}|loads"] += 1
            self._counts[f"{namespace}|load_us"] += round(took_s * 1e6)
            if key and (key in self._sizes or len(self._sizes) < MOST_KEYS):
                self._sizes[key] = size_bytes

    def ensure_started(self) -> None:
        """Start the thread unless it runs; a fork has none."""
        if self._pid == os.getpid():
            return
        self._pid = os.getpid()
        threading.Thread(target=self._run, name="cache-figures", daemon=True).start()

    def _run(self) -> None:
        settings: Settings = self.app.config["SETTINGS"]
        client, pid, pause = connect(settings, timeout_s=BUDGET_S), self._pid, threading.Event()
        with guards.unguarded():
            while self._pid == pid:
                pause.wait(FLUSH_S)
                try:
                    self.flush(client)
                except (RedisError, OSError) as error:
                    log.debug("figures of the cache wait", error=str(error))

    def flush(self, client: Redis) -> None:
        """Add what was counted to what all processes counted.

        Raises:
            RedisError: It was not taken, and is kept; a second answer lost on the way would count it twice.
        """
        with self._lock:
            counts, self._counts = self._counts, Counter()
            saved, self._saved_us = self._saved_us, Counter()
            sizes, self._sizes = self._sizes, {}
        if not counts and not sizes:
            return
        now = time.time()
        pipe = client.pipeline(transaction=True)
        for field, n in counts.items():
            pipe.hincrby(minute_key(now), field, n)
        pipe.expire(minute_key(now), KEPT_S)
        for key, us in saved.items():
            pipe.zincrby(cost_key(now), us / 1000, key)
        if sizes:
            pipe.zadd(SIZE_KEY, sizes)
        for name in (cost_key(now), SIZE_KEY):
            pipe.zremrangebyrank(name, 0, -KEPT_KEYS - 1)
            pipe.expire(name, KEPT_S)
        try:
            pipe.execute()
        except (RedisError, OSError):
            self._put_back(counts, saved, sizes)
            raise
        for field, n in counts.items():
            namespace, _, outcome = field.partition("|")
            if outcome in OUTCOMES:
                reads_total.labels(namespace, outcome).inc(n)

    def _put_back(self, counts: Counter[str], saved: Counter[str], sizes: dict[str, int]) -> None:
        with self._lock:
            self._counts.update(counts)
            if len(self._saved_us) < MOST_KEYS:
                self._saved_us.update(saved)
            self._sizes = {**sizes, **self._sizes} if len(self._sizes) < MOST_KEYS else self._sizes
