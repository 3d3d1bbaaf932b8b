"""Whether jobs run at all, in words."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.core.present import format_duration, plural
from app.core.redis import RedisAway, request_redis
from app.queues.figures.queues import QueueFigures, figures_age_s

STALE_S = 30.0


@dataclass(frozen=True)
class Health:
    """What an alert asks.

    Attributes:
        status: ok; degraded when a queue misses its target; down when nothing can move.
        problems: What is wrong, in sentences.
    """

    status: str
    problems: list[str]
    is_broker_up: bool


def health_of(found: Sequence[QueueFigures]) -> Health:
    """Return how the queues are, from their figures and a word with the broker."""
    down, bad, is_up, age = [], [], is_broker_up(), figures_age_s(list(found))
    if not is_up:
        down.append("The broker does not answer. Jobs wait in PostgreSQL and run when it is back.")
    if age is None or age > STALE_S:
        since = "never" if age is None else f"{format_duration(age)} ago"
        down.append(f"The relay last looked at the queues {since}: nothing is released until one leads.")
    for one in found:
        if one.state == "behind":
            oldest = format_duration(one.oldest_s or 0)
            bad.append(f"{one.name} is behind: its oldest job waits {oldest}, wanted {format_duration(one.target_s)}.")
        if one.waiting and one.workers == 0 and one.hold is None:
            bad.append(f"No worker takes from {one.name}, where {plural(one.waiting, 'job waits', 'jobs wait')}.")
    status = "down" if down else "degraded" if bad else "ok"
    return Health(status, [*down, *bad], is_up)


def is_broker_up() -> bool:
    """Say whether the broker answers."""
    try:
        return bool(request_redis().run(lambda client: client.ping()))
    except RedisAway:
        return False
