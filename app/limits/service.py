"""What other features ask of the limits: may this pass, and how many failures are left."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import structlog
from flask import current_app
from redis import Redis
from redis.commands.core import Script

from app.core.errors import TooManyRequests
from app.core.metrics import count
from app.core.redis import RedisAway, request_redis
from app.limits.table import Limit
from app.limits.window import SCRIPT, Ask, MemoryWindows, Verdict, read_answer, script_arguments

View = TypeVar("View", bound=Callable[..., Any])
EXTENSION = "quarterdeck-limits"
log = structlog.get_logger(__name__)


@dataclass
class Limits:
    """The limits of one app.

    Attributes:
        spare: Windows in this process, used while Redis is away.
        failures: Windows of failed sign-ins, always counted here too, so losing Redis forgives nothing.
    """

    table: dict[str, Limit]
    spare: MemoryWindows
    failures: MemoryWindows = field(default_factory=MemoryWindows)
    script: Script | None = None

    def evaluate(self, asks: Sequence[Ask]) -> list[Verdict]:
        """Count in Redis, or in this process while Redis is away. Never raises for an outage."""
        if not asks:
            return []
        try:
            return read_answer(asks, request_redis().run(lambda client: self._run(client, asks)))
        except RedisAway:
            count("limits_fallback_total")
            return self.spare.evaluate(asks)

    def _run(self, client: Redis, asks: Sequence[Ask]) -> list[int]:
        if self.script is None:
            self.script = client.register_script(SCRIPT)
        keys, values = script_arguments(asks)
        answer: list[int] = self.script(keys=keys, args=values, client=client)
        return answer


def limits() -> Limits:
    """Return the app's limits."""
    found: Limits = current_app.extensions[EXTENSION]
    return found


def ask_for(name: str, key: str, *, cost: int = 1, per_minute: int | None = None) -> Ask | None:
    """Return what to count for a named limit; None when it is off.

    Args:
        name: A name of the table.
        key: Who is counted, such as a user's public id or an address.
        cost: How much is taken.
        per_minute: A token's own limit, instead of the table's.
    """
    limit = limits().table[name]
    if per_minute is not None:
        return Ask(name, key, per_minute, 60, cost)
    return Ask(name, key, limit.amount, limit.window_s, cost) if limit.amount else None


def check(name: str, key: str, cost: int = 1) -> Verdict | None:
    """Count one use of a named limit; None when it is off.

    Raises:
        TooManyRequests: It is used up.
    """
    ask = ask_for(name, key, cost=cost)
    if ask is None:
        return None
    verdict = limits().evaluate([ask])[0]
    if not verdict.has_room:
        raise refusal(verdict)
    return verdict


def refusal(verdict: Verdict) -> TooManyRequests:
    """Return the Problem of a limit that is used up."""
    count("limits_refused_total", limit=verdict.ask.name)
    return TooManyRequests(limit=verdict.ask.name, retry_after_s=max(verdict.wait_s, 1))


def record_failure(name: str, key: str) -> None:
    """Count one failure, such as a wrong password; successes cost nothing."""
    ask = ask_for(name, key)
    if ask is not None:
        limits().failures.evaluate([ask])
        limits().evaluate([ask])


def failures_left(name: str, key: str) -> int:
    """Return how many more failures are let through; 0 means refuse.

    The stricter of Redis and this process decides, so an outage of Redis opens nothing.
    """
    verdict = look(name, key)
    return verdict.left if verdict else 1


def look(name: str, key: str) -> Verdict | None:
    """Return a failure limit's state without counting; None when it is off."""
    ask = ask_for(name, key, cost=0)
    if ask is None:
        return None
    return max(*limits().failures.evaluate([ask]), *limits().evaluate([ask]), key=lambda one: (one.wait_s, one.used))


def refuse_after_failures(*asked: tuple[str, str]) -> None:
    """Refuse when any of (name, key) has no failure left; for the head of a sign-in.

    Raises:
        TooManyRequests: One of them is used up.
    """
    for name, key in asked:
        verdict = look(name, key)
        if verdict is not None and not verdict.has_room:
            raise refusal(verdict)


def limited(name: str) -> Callable[[View], View]:
    """Count a route under one more named limit, in the same round trip as the common ones."""

    def mark(view: View) -> View:
        view.__limit__ = name  # type: ignore[attr-defined]
        return view

    return mark
