"""The tail: one Valkey stream that tells every web worker what was just sequenced.

It is a hint, never the truth. Whoever reads it knows each topic's position and takes what is missing from
the event log, so a Valkey that is killed, flushed or frozen delays by a poll and loses nothing. The entry
`again` tells readers to compare their positions with the log: the relay writes it whenever the stream may
have a hole (a new leader, an outage, a flush).
"""

import json
from collections.abc import Iterable
from typing import Any

from redis import Redis

from app.core.events_log import Logged
from app.core.ids import CompanyId

STREAM = "stream:tail"
MARKER = "stream:fed"
MAX_LENGTH = 20_000
ONE_TRIP = 100  # the first of many facts need not wait until the last is packed
ONE_READ = 100


def write_tail(client: Redis, facts: Iterable[Logged], *, again: bool) -> None:
    """Append facts in few round trips; `again` first when the stream may have a hole."""
    waiting = list(facts)
    pipe = client.pipeline(transaction=False)
    if again:
        pipe.xadd(STREAM, {"again": "1"}, maxlen=MAX_LENGTH, approximate=True)
        pipe.set(MARKER, "1")
    for start in range(0, max(len(waiting), 1), ONE_TRIP):
        for fact in waiting[start : start + ONE_TRIP]:
            pipe.xadd(STREAM, {"f": encode(fact)}, maxlen=MAX_LENGTH, approximate=True)
        pipe.execute()


def was_flushed(client: Redis) -> bool:
    """Say whether the marker is gone: somebody emptied Valkey, or it came back without its data."""
    return not client.exists(MARKER)


def encode(fact: Logged) -> bytes:
    """Return a fact as one field of a stream entry."""
    parts = [
        fact.company_id, fact.topic, fact.seq, fact.type, fact.event_id,
        fact.row_id, fact.row_version, fact.user_id, fact.event,
    ]  # fmt: skip
    return json.dumps(parts, separators=(",", ":"), ensure_ascii=False).encode()


def decode(fields: dict[bytes, bytes]) -> Logged | None:
    """Return the fact of a stream entry; None for `again`."""
    packed = fields.get(b"f")
    if packed is None:
        return None
    parts: list[Any] = json.loads(packed)
    return Logged(CompanyId(parts[0]), *parts[1:])


def read_tail(client: Redis, last_id: bytes, *, block_ms: int) -> tuple[bytes, list[Logged | None]]:
    """Return what came after `last_id`, waiting a while for it, and the new last id."""
    answer: Any = client.xread({STREAM: last_id}, count=ONE_READ, block=block_ms)
    if not answer:
        return last_id, []
    streams = answer.items() if isinstance(answer, dict) else answer
    entries = [entry for _, found in streams for entry in _flat(found)]
    return entries[-1][0], [decode(fields) for _, fields in entries]


def newest_id(client: Redis) -> bytes:
    """Return the id to read on from: the newest entry's, or the beginning."""
    newest: Any = client.xrevrange(STREAM, count=1)
    return newest[0][0] if newest else b"0-0"


def _flat(found: Any) -> list[Any]:
    """redis-py's RESP3 answer nests the entries once more than its RESP2 answer."""
    return found[0] if found and isinstance(found[0], list) and found[0] and isinstance(found[0][0], tuple) else found
