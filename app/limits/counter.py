"""The limits of one app, and where they are counted."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import cast

from flask import current_app, g
from redis import Redis
from redis.exceptions import NoScriptError

from app.core.metrics import count
from app.core.redis import RedisAway, bulk, request_redis, send
from app.limits.beside import Beside
from app.limits.script import SCRIPT
from app.limits.table import Limit
from app.limits.window import Ask, Bill, MemoryWindows, Verdict

EXTENSION = "quarterdeck-limits"
MAX_BILLS = 4096


@dataclass
class Limits:
    """The limits of one app.

    Attributes:
        spare: Windows in this process, used while Redis is away.
        failures: Windows of failed sign-ins, always counted here too, so losing Redis forgives nothing.
        bills: What the last askers' requests fall under: it is the same the next time.
    """

    table: dict[str, Limit]
    spare: MemoryWindows
    failures: MemoryWindows = field(default_factory=MemoryWindows)
    bills: dict[Hashable, Bill] = field(default_factory=dict)

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

    def bill_for(self, asker: Hashable, make: Callable[[], Iterable[Ask | None]]) -> Bill:
        """Return what a kind of request of one asker is counted under."""
        found = self.bills.get(asker)
        if found is None:
            if len(self.bills) >= MAX_BILLS:
                self.bills.clear()
            found = self.bills[asker] = Bill.of(ask for ask in make() if ask is not None)
        return found

    def evaluate(self, asks: Sequence[Ask] | Bill, beside: Beside | None = None) -> list[Verdict]:
        """Count in Redis, or in this process while Redis is away. Never raises for an outage.

        Args:
            beside: What else the request wants to read there, fetched in the same round trip.
        """
        if not asks:
            return []
        bill = asks if isinstance(asks, Bill) else Bill.of(asks)
        try:
            answer = request_redis().run(lambda client: self._run(client, bill, beside))
        except RedisAway:
            count("limits_fallback_total")
            return self.spare.evaluate(bill.asks)
        if beside is not None:
            beside.value = bill.read_rest(answer)
        return bill.read(answer)

    def _run(self, client: Redis, bill: Bill, beside: Beside | None) -> bytes:
        command = bill.alone if beside is None else bill.head + bulk(beside.key) + bill.tail
        try:
            return cast("bytes", send(client, command))
        except NoScriptError:  # a server that was started since
            client.script_load(SCRIPT)
            return cast("bytes", send(client, command))


def limits() -> Limits:
    """Return the app's limits."""
    found: Limits = current_app.extensions[EXTENSION]
    return found


def show(verdict: Verdict) -> None:
    """Let the answer's headers tell this limit instead of the one of requests."""
    g.limit_shown = verdict
