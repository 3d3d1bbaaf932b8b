"""When each company had its last turn in a queue, known to whoever releases: kept in Valkey, else by each process alone.

Where only one job runs at a time, nobody has anything in hand when the next is chosen; then the turns decide.
"""

import time
from collections.abc import Iterable, Mapping

from app.core.redis import RedisAway, request_redis

FORGOTTEN_AFTER_S = 3600
_here: dict[str, dict[int, float]] = {}


def read_turns(queue: str) -> Mapping[int, float]:
    """Return company → seconds since 1970."""
    try:
        kept = request_redis().run(lambda client: client.hgetall(_key(queue)))
    except RedisAway:
        return _here.get(queue, {})
    return {int(company): float(at) for company, at in kept.items()}


def note_turns(queue: str, companies: Iterable[int]) -> None:
    """Write down who has just had a turn."""
    now = time.time()
    told = {company: now + 0.000_001 * place for place, company in enumerate(companies)}
    here = _here.setdefault(queue, {})
    here.update(told)
    try:
        request_redis().run(lambda client: _tell(client, queue, told))
    except RedisAway:
        return


def _tell(client: object, queue: str, told: Mapping[int, float]) -> None:
    pipe = client.pipeline(transaction=False)  # type: ignore[attr-defined]  # redis-py's client
    pipe.hset(_key(queue), mapping={str(company): at for company, at in told.items()})
    pipe.expire(_key(queue), FORGOTTEN_AFTER_S)
    pipe.execute()


def _key(queue: str) -> str:
    return f"turns:{queue}"
