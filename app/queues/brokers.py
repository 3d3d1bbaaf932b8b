"""What stands in the broker right now: kombu's lists in Valkey, read without taking anything out.

A queue is one list for each of four priority steps; what a worker took and has not answered for is in the hash
`unacked`, since when in `unacked_index`. Messages are decoded exactly as they are. The broker only rings: whatever is
seen here, the jobs themselves are in the ledger.
"""

import base64
import json
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from flask import current_app
from redis import Redis
from redis.exceptions import RedisError

from app.core.broker import is_valkey
from app.core.redis import connect
from app.extensions import celery
from config import Settings

BUDGET_S = 2.0
PRIORITY_STEPS, SEPARATOR = (0, 3, 6, 9), "\x06\x16"
UNACKED, UNACKED_INDEX = "unacked", "unacked_index"
MOST_UNACKED = 2000
EXTENSION = "quarterdeck-broker-reader"


@dataclass(frozen=True)
class BrokerMessage:
    """A message as the broker holds it.

    Attributes:
        position: In its queue, 1 for the next to be taken; 0 when a worker has it.
        step: The list it stands in: 0 is taken first, then 3, 6, 9.
        job_id: The task's id, which is the job's.
        args: The positional arguments, exactly; here company and job.
        is_ours: False for a message that no release of ours sent.
        raw: The bytes in the list, by which it is removed.
    """

    queue: str
    position: int
    step: int
    job_id: str
    name: str
    args: list[Any]
    kwargs: dict[str, Any]
    headers: dict[str, Any]
    is_ours: bool
    raw: bytes

    @property
    def company_id(self) -> int | None:
        """Whose job it rings for."""
        return int(self.args[0]) if self.is_ours else None


@dataclass(frozen=True)
class Unacked:
    """A message that a worker took and has not answered for."""

    message: BrokerMessage
    taken_s: float
    redelivered_in_s: float


@dataclass(frozen=True)
class Depth:
    """How many messages of a queue stand in the broker.

    Attributes:
        by_step: Priority step → messages; 0 is taken first.
    """

    total: int
    by_step: dict[int, int]


@dataclass(frozen=True)
class MessagePage:
    """A page of a queue, in the order in which it will be taken.

    Attributes:
        is_away: The broker did not answer; nothing is known.
    """

    items: Sequence[BrokerMessage]
    depth: Depth
    is_away: bool = False


NOTHING = Depth(0, dict.fromkeys(PRIORITY_STEPS, 0))


def reader() -> Redis:
    """Return this app's client for looking into the broker; a page may wait two seconds for it."""
    client: Redis | None = current_app.extensions.get(EXTENSION)
    if client is None:
        settings: Settings = current_app.config["SETTINGS"]
        client = current_app.extensions[EXTENSION] = connect(settings, timeout_s=BUDGET_S)
    return client


def is_readable() -> bool:
    """Say whether the broker is one whose lists can be read; of RabbitMQ nothing is known here."""
    return is_valkey(str(celery.conf.broker_url))


def lists_of(queue: str) -> dict[int, str]:
    """Return priority step → the list's key."""
    return {step: queue if step == 0 else f"{queue}{SEPARATOR}{step}" for step in PRIORITY_STEPS}


def depths(queues: Collection[str]) -> dict[str, Depth] | None:
    """Return how many messages stand in each queue, in one round trip; None when the broker is away."""
    if not is_readable():
        return None
    keys = [(queue, step, key) for queue in queues for step, key in lists_of(queue).items()]
    try:
        pipe = reader().pipeline(transaction=False)
        for _, _, key in keys:
            pipe.llen(key)
        counts = pipe.execute()
    except (RedisError, OSError):
        return None
    found: dict[str, dict[int, int]] = {queue: {} for queue in queues}
    for (queue, step, _), count in zip(keys, counts, strict=True):
        found[queue][step] = int(count)
    return {queue: Depth(sum(by_step.values()), by_step) for queue, by_step in found.items()}


def depth(queue: str) -> Depth | None:
    """Return how many messages stand in a queue; None when the broker is away."""
    found = depths([queue])
    return found[queue] if found is not None else None


def messages(queue: str, offset: int = 0, limit: int = 50) -> MessagePage:
    """Return a page of what stands in a queue, the next to be taken first.

    Args:
        queue: The queue.
        offset: How many to leave out.
        limit: Rows of a page.
    """
    standing = depth(queue)
    if standing is None:
        return MessagePage((), NOTHING, is_away=True)
    items: list[BrokerMessage] = []
    before = 0
    try:
        for step, key in lists_of(queue).items():
            count = standing.by_step[step]
            first = max(offset - before, 0)
            wanted = min(limit - len(items), count - first)
            if wanted > 0:
                # Workers take from the right end.
                rows: list[bytes] = reader().lrange(key, -(first + wanted), -(first + 1))  # type: ignore[assignment]  # bytes
                items += [
                    read_message(queue, raw, position=before + first + at, step=step)
                    for at, raw in enumerate(reversed(rows), 1)
                ]
            before += count
    except (RedisError, OSError):
        return MessagePage((), NOTHING, is_away=True)
    return MessagePage(items, standing)


def walk(queue: str, chunk: int = 500) -> Iterator[BrokerMessage]:
    """Go through a whole queue; what moves meanwhile may be met twice or not at all."""
    offset = 0
    while found := messages(queue, offset, chunk).items:
        yield from found
        offset += len(found)


def unacked(most: int = MOST_UNACKED) -> list[Unacked] | None:
    """Return what workers took and have not answered for, the oldest first; None when the broker is away."""
    if not is_readable():
        return None
    try:
        # redis-py's answers are typed for every protocol and every client at once; this client says bytes and floats.
        taken: list[tuple[bytes, float]] = reader().zrange(UNACKED_INDEX, 0, most - 1, withscores=True)  # type: ignore[assignment]
        kept = reader().hmget(UNACKED, [tag for tag, _ in taken]) if taken else []
    except (RedisError, OSError):
        return None
    now = time.time()
    limit_s = float(celery.conf.broker_transport_options.get("visibility_timeout", 3600))
    found = []
    for (_, at), raw in zip(taken, kept, strict=True):
        if raw is None:
            continue  # answered for between the two questions
        message, _, queue = json.loads(raw)
        told = read_message(str(queue), json.dumps(message).encode(), position=0, step=0)
        found.append(Unacked(told, max(0.0, now - at), max(0.0, limit_s - (now - at))))
    return found


def read_message(queue: str, raw: bytes, *, position: int, step: int) -> BrokerMessage:
    """Decode one message; what is none of Celery's shows its bytes and nothing else."""
    try:
        told = json.loads(raw)
        headers = told.get("headers") or {}
        body = told["body"]
        if (told.get("properties") or {}).get("body_encoding") == "base64":
            body = base64.b64decode(body)
        args, kwargs, *_ = json.loads(body)
    except (ValueError, KeyError, TypeError, AttributeError):
        return BrokerMessage(queue, position, step, "", "unreadable", [], {}, {}, is_ours=False, raw=raw)
    job_id = str(headers.get("id", ""))
    is_ours = len(args) == 2 and isinstance(args[0], int) and args[1] == job_id  # noqa: PLR2004 (company and job)
    name = str(headers.get("task", ""))
    return BrokerMessage(queue, position, step, job_id, name, args, kwargs, headers, is_ours=is_ours, raw=raw)
