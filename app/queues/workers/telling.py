"""Telling workers what to do, and what each of them answered. Silence is never taken for yes."""

from dataclasses import dataclass
from typing import Any, Literal

import structlog
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from app.extensions import celery

log = structlog.get_logger(__name__)
LIMIT_S = 2.0
UNKNOWN = "It did not answer within 2 s. Whether it did what it was told is not known."
NO_BROKER = "The broker could not be reached, so it was not told."


@dataclass(frozen=True)
class Reply:
    """What one worker answered: done, refused, or unknown when it did not answer."""

    node: str
    outcome: Literal["done", "refused", "unknown"]
    text: str


def tell(nodes: list[str], command: str, **arguments: Any) -> list[Reply]:  # Any: JSON values
    """Send a command to workers and wait for their answers, two seconds at most; return one reply a worker."""
    try:
        with celery.connection_for_write() as connection:
            answers = celery.control.broadcast(
                command, arguments=arguments, destination=nodes, reply=True, timeout=LIMIT_S, limit=len(nodes),
                connection=connection,
            )  # fmt: skip
    except (OperationalError, RedisError, OSError) as error:
        log.warning("workers not told", command=command, error=str(error))
        return [Reply(node, "unknown", NO_BROKER) for node in nodes]
    told = {node: said for answer in answers or [] for node, said in answer.items()}
    return [reply_of(node, told.get(node)) for node in nodes]


def reply_of(node: str, said: Any) -> Reply:  # Any: whatever a worker says
    """Return what a worker's answer means."""
    if said is None:
        return Reply(node, "unknown", UNKNOWN)
    if isinstance(said, dict) and "ok" in said:
        return Reply(node, "done", str(said["ok"]))
    if isinstance(said, dict) and "error" in said:
        return Reply(node, "refused", str(said["error"]))
    return Reply(node, "done", str(said))
