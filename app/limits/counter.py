"""The limits of one app, and where they are counted."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from flask import current_app, g
from redis import Redis
from redis.commands.core import Script

from app.core.metrics import count
from app.core.redis import RedisAway, request_redis
from app.limits.table import Limit
from app.limits.window import SCRIPT, Ask, MemoryWindows, Verdict, read_answer, script_arguments

EXTENSION = "quarterdeck-limits"


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

    def ask_for(self, name: str, key: str, *, cost: int = 1, per_minute: int | None = None) -> Ask | None:
        """Return what to count for a named limit; None when it is off.

        Args:
            name: A name of the table.
            key: Who is counted, such as a user's public id or an address.
            cost: How much is taken.
            per_minute: A token's own limit, instead of the table's.
        """
        if per_minute is not None:
            return Ask(name, key, per_minute, 60, cost)
        limit = self.table[name]
        return Ask(name, key, limit.amount, limit.window_s, cost) if limit.amount else None

    def evaluate(self, asks: Sequence[Ask]) -> list[Verdict]:
        """Count in Redis, or in this process while Redis is away. Never raises for an outage."""
        if not asks:
            return []
        try:
            return read_answer(asks, request_redis().run(lambda client: self._run(client, asks)))
        except RedisAway:
            count("limits_fallback_total")
            return self.spare.evaluate(asks)

    def _run(self, client: Redis, asks: Sequence[Ask]) -> bytes:
        if self.script is None:
            self.script = client.register_script(SCRIPT)
        keys, values = script_arguments(asks)
        answer: bytes = self.script(keys=keys, args=values, client=client)
        return answer


def limits() -> Limits:
    """Return the app's limits."""
    found: Limits = current_app.extensions[EXTENSION]
    return found


def show(verdict: Verdict) -> None:
    """Let the answer's headers tell this limit instead of the one of requests."""
    g.limit_shown = verdict
