"""What is known of the pools of all processes."""

from collections.abc import Iterable
from dataclasses import dataclass

from app.core.histogram import Histogram, Percentiles
from app.core.pool_figures import Gauges
from app.core.redis import RedisAway, request_redis
from app.queries.pools import store
from app.queries.pools.replicas import ReplicasView, read_replicas
from app.queries.pools.server import ServerView, ask_server
from app.queries.pools.store import Minute, Told

WINDOW_MINUTES, LEAST_TAKEN = 60, 30
MS = 1000.0
NOTHING = Gauges(0, 0, 0, 0, 0)


@dataclass(frozen=True)
class BindView:
    """One login's pools in all processes.

    Attributes:
        now: Their gauges added up.
        taken: Connections taken in the window; `timeouts` of them were never had.
        waits: How long taking one took, in milliseconds.
        spark: The 95th percentile of each minute, in milliseconds.
    """

    bind: str
    processes: int
    now: Gauges
    taken: int
    timeouts: int
    waits: Percentiles
    spark: list[float]

    @property
    def is_telling(self) -> bool:
        """Whether enough was taken to speak of percentiles: the first connection of a process is always slow."""
        return self.taken >= LEAST_TAKEN


@dataclass(frozen=True)
class PoolsView:
    """Everything the page shows.

    Attributes:
        is_away: Valkey does not answer, so nobody knows what the processes said.
    """

    binds: list[BindView]
    processes: list[Told]
    server: ServerView
    replicas: ReplicasView
    is_away: bool = False

    @property
    def now(self) -> Gauges:
        """All pools of all processes."""
        return add_up(one.now for one in self.binds)

    @property
    def timeouts(self) -> int:
        """How often somebody got no connection in time."""
        return sum(one.timeouts for one in self.binds)

    @property
    def may_open(self) -> int:
        """How many connections the pools may open at the primary."""
        return sum(one.now.max for one in self.binds if not one.bind.startswith("replica"))

    @property
    def is_oversold(self) -> bool:
        """Whether that is more than PostgreSQL lets in."""
        return self.server.room is not None and self.may_open > self.server.room

    def worst(self) -> BindView | None:
        """Return the bind whose 95th percentile is the longest, among those that say something."""
        return max((one for one in self.binds if one.is_telling), key=lambda one: one.waits.p95 or 0.0, default=None)


def read_pools() -> PoolsView:
    """Return what the processes said last, the waits of the last hour, and PostgreSQL's own view."""
    server, replicas = ask_server(), read_replicas()
    try:
        told, minutes = request_redis().run(
            lambda client: (store.read_told(client), store.read_minutes(client, WINDOW_MINUTES))
        )
    except RedisAway:
        return PoolsView([], [], server, replicas, is_away=True)
    return PoolsView(list_binds(told, minutes), told, server, replicas)


def list_binds(told: list[Told], minutes: dict[str, list[Minute]]) -> list[BindView]:
    """Return each bind, the application's first."""
    names = {bind for one in told for bind in one.binds} | set(minutes)
    return [_bind_view(bind, told, minutes.get(bind, [])) for bind in sorted(names, key=_order)]


def _bind_view(bind: str, told: list[Told], minutes: list[Minute]) -> BindView:
    all_waits = sum((one.waits for one in minutes), Histogram())
    found = [one.binds[bind] for one in told if bind in one.binds]
    return BindView(
        bind,
        len(found),
        add_up(found),
        all_waits.total,
        sum(one.timeouts for one in minutes),
        in_ms(all_waits.percentiles()),
        [(one.waits.quantile(0.95) or 0.0) / MS for one in minutes],
    )


def in_ms(found: Percentiles) -> Percentiles:
    """Return percentiles of microseconds in milliseconds."""
    return Percentiles(*(None if us is None else us / MS for us in (found.p50, found.p95, found.p99)))


def add_up(gauges: Iterable[Gauges]) -> Gauges:
    """Return the sum of gauges."""
    all_of = list(gauges)
    if not all_of:
        return NOTHING
    return Gauges(*(sum(getattr(one, name) for one in all_of) for name in Gauges.__dataclass_fields__))


def _order(bind: str) -> tuple[int, str]:
    known = ("app", "platform", "system")
    return (known.index(bind) if bind in known else len(known), bind)
