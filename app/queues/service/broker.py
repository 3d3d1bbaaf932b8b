"""Taking messages out of the broker. The jobs stay in the ledger, so each is rung again within a minute or so.

It helps where a list is full of messages nobody can read, or where the same job stands in it many times. To keep a
job from running, cancel or discard the job; to keep a queue from running, pause it.
"""

from typing import NoReturn

from redis.exceptions import RedisError

from app.core.broker import QUEUES
from app.core.db import transaction
from app.core.errors import NotFound, Problem
from app.core.outbox import record
from app.queues import brokers
from app.queues.brokers import BrokerMessage
from app.queues.events import BrokerMessageRemoved, BrokerPurged


class BrokerAway(Problem, code="broker-away", status=503):
    """The broker does not answer. Nothing was taken out of it; jobs wait in the ledger. Try again in a moment."""


def remove_message(queue: str, job_id: str, reason: str = "") -> BrokerMessage:
    """Take the messages of one job out of a queue's lists.

    Raises:
        NotFound: There is no such message; a worker may have just taken it.
        BrokerAway: Nobody can be asked.
    """
    check_queue(queue)
    found = [one for one in brokers.walk(queue) if one.job_id == job_id]
    try:
        keys = brokers.lists_of(queue)
        removed = [one for one in found if brokers.reader().lrem(keys[one.step], 0, one.raw)]  # type: ignore[arg-type]
    except (RedisError, OSError) as error:
        refuse(error)
    if not removed:
        if brokers.depth(queue) is None:
            raise BrokerAway
        raise NotFound
    with transaction():
        record(BrokerMessageRemoved(queue=queue, job_id=job_id, name=removed[0].name, reason=reason))
    return removed[0]


def purge(queue: str, reason: str) -> int:
    """Empty a queue's lists in the broker; return how many messages stood there.

    Raises:
        NotFound: There is no such queue.
        BrokerAway: Nobody can be asked.
    """
    check_queue(queue)
    keys = brokers.lists_of(queue).values()
    try:
        pipe = brokers.reader().pipeline(transaction=True)
        for key in keys:
            pipe.llen(key)
        for key in keys:
            pipe.delete(key)
        counts = pipe.execute()[: len(keys)]
    except (RedisError, OSError) as error:
        refuse(error)
    count = sum(int(one) for one in counts)
    with transaction():
        record(BrokerPurged(queue=queue, messages=count, reason=reason))
    return count


def check_queue(queue: str) -> None:
    """Refuse a queue there is not.

    Raises:
        NotFound: There is none of that name.
    """
    if queue not in QUEUES:
        raise NotFound


def refuse(error: Exception) -> NoReturn:
    """Say that the broker is away."""
    raise BrokerAway from error
