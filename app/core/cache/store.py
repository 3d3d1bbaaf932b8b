"""Values, tags and locks in Valkey. Every function is one round trip and raises RedisAway when there is no answer."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import cast

from redis import Redis

from app.core.cache.tags import new_token
from app.core.redis import pack, request_redis, send

# Longer than any value lives: a tag that ends takes its values along, which costs a read and no truth.
TAG_S = 86_400
# The lock of whoever died in mid-read ends by itself; whoever is only slow must not free another's.
UNLOCK = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"


@dataclass(frozen=True, slots=True)
class Seen:
    """What one look found: the value if there is one, and its tags as they stand now."""

    packed: bytes | None
    tokens: tuple[str, ...]


def look(key: str, tags: Sequence[str]) -> Seen:
    """Return a value and its tags in one round trip; tags nobody has set are set first, which takes a second."""
    command = pack(b"MGET", key.encode(), *map(str.encode, tags))
    packed, *tokens = request_redis().run(lambda client: cast("list[bytes | None]", send(client, command)))
    if None in tokens:
        return Seen(None, stamp(tags))
    return Seen(packed, tuple(token.decode() for token in tokens if token is not None))


def stamp(tags: Sequence[str]) -> tuple[str, ...]:
    """Give tags that have none a token, and return them all."""
    fresh = new_token()

    def ask(client: Redis) -> list[bytes | None]:
        pipe = client.pipeline(transaction=False)
        for name in tags:
            pipe.set(name, fresh, ex=TAG_S, nx=True, get=True)
        answers: list[bytes | None] = pipe.execute()
        return answers

    return tuple(fresh if kept is None else kept.decode() for kept in request_redis().run(ask))


def put(key: str, packed: bytes, ttl_s: float) -> None:
    """Keep a value."""
    request_redis().run(lambda client: client.set(key, packed, px=max(1, round(ttl_s * 1000))))


def replace_tags(client: Redis, tags: Iterable[str]) -> None:
    """Replace tokens: what was stored with the old ones is gone from here on."""
    pipe = client.pipeline(transaction=False)
    fresh = new_token()
    for name in tags:
        pipe.set(name, fresh, ex=TAG_S)
    pipe.execute()


def lock(key: str, token: str, lasts_ms: int) -> bool:
    """Take the right to read something from the database for all processes."""
    return bool(request_redis().run(lambda client: client.set(key, token, px=lasts_ms, nx=True)))


def unlock(key: str, token: str) -> None:
    """Give it back."""
    request_redis().run(lambda client: client.eval(UNLOCK, 1, key, token))
