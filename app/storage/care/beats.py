"""A put, a get and a delete of a small object at every provider once a minute: how fast it is, and what goes wrong.

Kept in Valkey, for all processes to show; without Valkey there is nothing to show, and nothing else is lost.
"""

import hashlib
import io
import json
import secrets
import time
from dataclasses import asdict, dataclass, field
from datetime import datetime

import structlog
from redis import Redis
from redis.exceptions import RedisError

from app.core import clock, guards
from app.core.redis import RedisAway, request_redis
from app.storage import providers
from app.storage.adapters.protocol import (
    Provider,
    ProviderAway,
    ProviderRefused,
    StorageError,
    StorageFull,
    WrongBytes,
)
from app.storage.keys import PROBES
from app.storage.problems import ProviderNotSetUp

log = structlog.get_logger(__name__)
EVERY_S = 60.0
KEPT = 180  # three hours
BODY = b"still here? " * 20
# What a failure is about, by what its text says; the first that fits.
CLASSES = (
    ("clock", ("skew", "expired", "date")),
    ("name", ("resolve", "getaddrinfo", "name or service", "nameresolution")),
    ("slow-down", ("slowdown", "503", "throttl", "toomanyrequests", "429")),
    ("timeout", ("timeout", "timed out")),
    ("connection", ("refused", "connection", "reset", "unreachable")),
)


@dataclass(frozen=True)
class Beat:
    """One look.

    Attributes:
        error: What kind of mistake; "" for none: auth, clock, name, slow-down, timeout, connection, full, checksum, other.
    """

    at: float
    put_ms: float = 0.0
    get_ms: float = 0.0
    error: str = ""
    said: str = ""


@dataclass(frozen=True)
class Pulse:
    """What the last three hours were like at one provider.

    Attributes:
        put_ms, get_ms: p50, p95, p99; empty without a look that went well.
        errors: Kind of mistake → how often.
        last_good_at, last_bad_at: None for never within that time.
    """

    looks: int = 0
    put_ms: dict[str, float] = field(default_factory=dict)
    get_ms: dict[str, float] = field(default_factory=dict)
    errors: dict[str, int] = field(default_factory=dict)
    last_good_at: datetime | None = None
    last_bad_at: datetime | None = None
    said: str = ""
    is_good: bool | None = None
    recent_ms: tuple[float, ...] = ()


def beat_all() -> None:
    """Look at every provider; the leading relay's duty."""
    for name in providers.configured():
        try:
            provider = providers.provider(name)
        except ProviderNotSetUp:  # its SDK is not installed
            continue
        keep(name, look(getattr(provider, "provider", provider)))


def look(provider: Provider) -> Beat:
    """Put, get and delete one small object, past the breaker: it is how anybody knows that it is back."""
    key, at = f"{PROBES}beat-{secrets.token_hex(8)}", clock.now().timestamp()
    try:
        with guards.unguarded():
            begun = time.perf_counter()
            provider.put(
                key, io.BytesIO(BODY), size_bytes=len(BODY), content_type="text/plain",
                sha256=hashlib.sha256(BODY).hexdigest(),
            )  # fmt: skip
            middle = time.perf_counter()
            with provider.open(key) as pieces:
                found = b"".join(pieces)
            ended = time.perf_counter()
            provider.delete([key])
    except (StorageError, OSError) as error:
        return Beat(at, error=class_of(error), said=str(error)[:300])
    if found != BODY:
        return Beat(at, error="checksum", said="other bytes came back")
    return Beat(at, round((middle - begun) * 1000, 2), round((ended - middle) * 1000, 2))


def class_of(error: Exception) -> str:
    """Return what kind of mistake it is."""
    if isinstance(error, StorageFull):
        return "full"
    if isinstance(error, WrongBytes):
        return "checksum"
    text = str(error).lower()
    for name, words in CLASSES:
        if any(word in text for word in words) and (name == "clock" or isinstance(error, ProviderAway | OSError)):
            return name
    return "auth" if isinstance(error, ProviderRefused) else "other"


def keep(name: str, one: Beat) -> None:
    """Write a look down; without Valkey it is forgotten."""
    text = json.dumps(asdict(one))

    def write(client: Redis) -> None:
        client.lpush(place(name), text)
        client.ltrim(place(name), 0, KEPT - 1)

    try:
        request_redis().run(write)
    except (RedisAway, RedisError) as error:
        log.info("look not kept", provider=name, error=str(error))


def pulse_of(name: str) -> Pulse:
    """Return what the last hours were like; empty without Valkey."""
    try:
        raw = request_redis().run(lambda client: client.lrange(place(name), 0, KEPT - 1))
    except (RedisAway, RedisError):
        return Pulse()
    return sum_up([Beat(**json.loads(one)) for one in raw])


def sum_up(beats: list[Beat]) -> Pulse:
    """Return figures of looks, newest first."""
    if not beats:
        return Pulse()
    good = [one for one in beats if not one.error]
    bad = [one for one in beats if one.error]
    errors: dict[str, int] = {}
    for one in bad:
        errors[one.error] = errors.get(one.error, 0) + 1
    return Pulse(
        len(beats), percentiles([one.put_ms for one in good]), percentiles([one.get_ms for one in good]), errors,
        _instant(good), _instant(bad), beats[0].said, not beats[0].error,
        tuple(one.put_ms for one in reversed(good[:60])),
    )  # fmt: skip


def percentiles(values: list[float]) -> dict[str, float]:
    """Return p50, p95 and p99 of some values; nothing of none."""
    found = sorted(values)
    at = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
    return {name: found[min(len(found) - 1, int(len(found) * share))] for name, share in at.items()} if found else {}


def place(name: str) -> str:
    """Return the name of a provider's list in Valkey."""
    return f"storage-beats:{name}"


def _instant(beats: list[Beat]) -> datetime | None:
    return datetime.fromtimestamp(beats[0].at, clock.now().tzinfo) if beats else None
