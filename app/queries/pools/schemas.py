"""Pools as JSON."""

from datetime import UTC, datetime

from app.core.pool_figures import Gauges
from app.core.shapes import Answer, Instant
from app.queries.pools.reads import BindView, PoolsView
from app.queries.pools.server import Connections
from app.queries.pools.store import Told


class GaugesOut(Answer):
    """Connections: `total` is `inUse` + `idle`; `waiting` asked and have none yet; `max` may be open."""

    total: int
    in_use: int
    idle: int
    waiting: int
    max: int


class BindOut(Answer):
    """One login's pools in all processes, and how long taking a connection took in the last 60 minutes."""

    bind: str
    processes: int
    now: GaugesOut
    taken: int
    timeouts: int
    wait_p50_ms: float | None
    wait_p95_ms: float | None
    wait_p99_ms: float | None


class ProcessOut(Answer):
    """What one process said last of its pools."""

    process: str
    kind: str
    at: Instant
    binds: dict[str, GaugesOut]


class ConnectionsOut(Answer):
    """PostgreSQL's own count of one role's connections by one program."""

    role: str
    application: str
    connections: int
    active: int
    idle: int
    in_transaction: int
    oldest_s: float


class ServerOut(Answer):
    """What PostgreSQL says: who is connected, and how many it lets in; `missing` says why it says nothing."""

    sessions: list[ConnectionsOut]
    room: int | None
    missing: str


class ReplicaOut(Answer):
    """One copy of the database, as the answering process knows it: `reason` says why reads do not go there."""

    name: str
    is_asked: bool
    reason: str
    lag_s: float | None
    behind_bytes: int | None
    reads: int


class ReplicasOut(Answer):
    """The copies, and whether the flag `use-read-replicas` lets anybody read from them."""

    is_on: bool
    items: list[ReplicaOut]


class PoolsOut(Answer):
    """All pools. `now` adds up everything; `isAway`: Valkey does not answer, so no process was heard."""

    now: GaugesOut
    binds: list[BindOut]
    processes: list[ProcessOut]
    server: ServerOut
    replicas: ReplicasOut
    is_away: bool


def pools_out(view: PoolsView) -> PoolsOut:
    """Return everything as JSON has it."""
    return PoolsOut(
        now=gauges_out(view.now),
        binds=[bind_out(one) for one in view.binds],
        processes=[process_out(one) for one in view.processes],
        server=ServerOut(
            sessions=[connections_out(one) for one in view.server.sessions],
            room=view.server.room,
            missing=view.server.missing,
        ),
        replicas=ReplicasOut(
            is_on=view.replicas.is_on, items=[ReplicaOut.model_validate(one) for one in view.replicas.items]
        ),
        is_away=view.is_away,
    )


def gauges_out(gauges: Gauges) -> GaugesOut:
    """Return gauges as JSON has them."""
    return GaugesOut.model_validate(gauges)


def bind_out(one: BindView) -> BindOut:
    """Return one bind as JSON has it."""
    return BindOut(
        bind=one.bind, processes=one.processes, now=gauges_out(one.now), taken=one.taken, timeouts=one.timeouts,
        wait_p50_ms=one.waits.p50, wait_p95_ms=one.waits.p95, wait_p99_ms=one.waits.p99,
    )  # fmt: skip


def process_out(one: Told) -> ProcessOut:
    """Return one process as JSON has it."""
    binds = {bind: gauges_out(gauges) for bind, gauges in one.binds.items()}
    return ProcessOut(process=one.process, kind=one.kind, at=datetime.fromtimestamp(one.at, UTC), binds=binds)


def connections_out(one: Connections) -> ConnectionsOut:
    """Return one row of PostgreSQL's count as JSON has it."""
    return ConnectionsOut.model_validate(one)
