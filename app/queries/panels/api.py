"""Panels over JSON, and stopping a backend."""

from dataclasses import asdict
from typing import Any

from app.core.api import contract
from app.core.errors import InvalidInput
from app.queries.api.blueprint import TAG, api_bp
from app.queries.panels import connections, indexes, replication, sequences, tables, upkeep
from app.queries.panels.live import LiveView, Running, read_live
from app.queries.panels.locks import Node
from app.queries.panels.problems import BackendGone, BackendIdle, BackendProtected, SignalForbidden
from app.queries.panels.reading import Reading, board
from app.queries.panels.schemas import (
    ActivityOut,
    AskIndexes,
    AskTables,
    BackendOut,
    CancelBackend,
    ConnectionsOut,
    IndexesOut,
    IndexOut,
    LockOut,
    LocksOut,
    ReplicationOut,
    SequencesOut,
    StoppedOut,
    TablesOut,
    TerminateBackend,
    VacuumOut,
)
from app.queries.panels.stopping import How, stop_backend
from app.queries.server.problems import MonitorAway, MonitorBusy, MonitorMissing

READ, DESTROY = "queries:read", "queries:destroy"
REFUSALS = [
    BackendGone, BackendProtected, BackendIdle, SignalForbidden, InvalidInput, MonitorMissing, MonitorAway, MonitorBusy
]  # fmt: skip


@api_bp.get("/activity")
@contract(scope=READ, returns={200: ActivityOut}, tag=TAG, installation=True)
def list_activity() -> ActivityOut:
    """List what runs in the database now, what has run longest first; statements are without values."""
    view = read_live()
    return ActivityOut(
        items=[backend_out(one) for one in view.running.items], missing=view.running.missing, mend=view.running.mend,
        may_signal=view.rights.may_signal,
    )  # fmt: skip


@api_bp.get("/locks")
@contract(scope=READ, returns={200: LocksOut}, tag=TAG, installation=True)
def list_locks() -> LocksOut:
    """List who waits for whom, each below whom it waits for; the root that holds up most first."""
    view = read_live()
    return LocksOut(
        items=[lock_out(one, view) for one in view.locks.items], missing=view.locks.missing, mend=view.locks.mend
    )


@api_bp.post("/activity/<int:pid>/cancellation")
@contract(scope=DESTROY, body=CancelBackend, returns={200: StoppedOut}, problems=REFUSALS, tag=TAG, installation=True)
def create_cancellation(pid: int, body: CancelBackend) -> StoppedOut:
    """Cancel the statement a backend runs; its connection and its transaction's fate are its program's."""
    return stopped(pid, body, How.CANCEL)


@api_bp.post("/activity/<int:pid>/termination")
@contract(
    scope=DESTROY, body=TerminateBackend, returns={200: StoppedOut}, problems=REFUSALS, tag=TAG, installation=True
)
def create_termination(pid: int, body: TerminateBackend) -> StoppedOut:
    """End a backend's connection: its transaction is rolled back, its locks are free."""
    check_typed(pid, body.typed)
    return stopped(pid, body, How.TERMINATE)


@api_bp.get("/tables")
@contract(scope=READ, query=AskTables, returns={200: TablesOut}, tag=TAG, installation=True)
def list_tables(query: AskTables) -> TablesOut:
    """List tables with their size, dead rows, scans, writes and vacuum; partitions are added up."""
    with board() as panels:
        found = panels.read(
            "tables", lambda link: tables.list_tables(link, q=query.q, order=query.sort, most=query.limit)
        )
    return TablesOut.model_validate(plain(found))


@api_bp.get("/tables/indexes")
@contract(scope=READ, query=AskIndexes, returns={200: IndexesOut}, tag=TAG, installation=True)
def list_index_usage(query: AskIndexes) -> IndexesOut:
    """List indexes with their size and how often they were used; `/indexes` says which to make and which to drop."""
    with board() as panels:
        found = panels.read(
            "indexes", lambda link: indexes.list_indexes(link, q=query.q, order=query.sort, most=query.limit)
        )
    items = [IndexOut.model_validate(one) for one in found.items]
    return IndexesOut(items=items, missing=found.missing, mend=found.mend)


@api_bp.get("/sequences")
@contract(scope=READ, returns={200: SequencesOut}, tag=TAG, installation=True)
def list_sequences() -> SequencesOut:
    """List sequences with how much of each is used, the one nearest its end first."""
    with board() as panels:
        found = sequences.read_sequences(panels)
    return SequencesOut.model_validate(plain(found))


@api_bp.get("/replication")
@contract(scope=READ, returns={200: ReplicationOut}, tag=TAG, installation=True)
def list_replication() -> ReplicationOut:
    """List the servers that follow this one, and what it keeps for them."""
    with board() as panels:
        found = panels.read("replicas", replication.list_replicas, needs_stats=True)
        slots = panels.read("slots", replication.list_slots)
    return ReplicationOut.model_validate({**plain(found), "slots": slots.items})


@api_bp.get("/connections")
@contract(scope=READ, returns={200: ConnectionsOut}, tag=TAG, installation=True)
def list_connections() -> ConnectionsOut:
    """List who is connected to the server, and how many may be."""
    with board() as panels:
        found = panels.read("connections", connections.list_connections, needs_stats=True)
        room = panels.read("room", connections.read_room)
    most = asdict(room.items[0]) if room.items else {"most": None, "reserved": None, "used": None}
    return ConnectionsOut.model_validate({**plain(found), **most})


@api_bp.get("/vacuum")
@contract(scope=READ, returns={200: VacuumOut}, tag=TAG, installation=True)
def list_vacuum() -> VacuumOut:
    """List what vacuum does now, how old row versions are, and who keeps them from being cleared away."""
    with board() as panels:
        work = panels.read("work", upkeep.list_work, needs_stats=True)
        ages = panels.read("ages", upkeep.list_ages)
        holders = panels.read("holders", upkeep.list_holders)
    return VacuumOut.model_validate({**plain(work), "ages": ages.items, "holders": holders.items})


def backend_out(one: Running) -> BackendOut:
    """Return a backend as JSON."""
    known = asdict(one.backend) | {"blocked_by": list(one.backend.blocked_by), "fingerprint": one.fingerprint}
    return BackendOut(
        **{name: value for name, value in known.items() if name in BackendOut.model_fields},
        statement=one.text, holds_up=one.holds_up,
        may_be_stopped=one.backend.may_be_stopped,
    )  # fmt: skip


def lock_out(node: Node, view: LiveView) -> LockOut:
    """Return one backend of the tree as JSON."""
    backend, wait = node.backend, node.wait
    known = view.texts[backend.pid] if backend else None
    return LockOut(
        pid=node.pid, depth=node.depth, role=backend.role if backend else "",
        statement=known.text if known else "", fingerprint=known.fingerprint if known else "", holds=node.holds,
        waits_for=wait.what if wait else "", mode=wait.mode if wait else "",
        waited_s=wait.waited_s if wait else None, above=node.above, holds_up=node.holds_up, is_circle=node.is_circle,
    )  # fmt: skip


def plain(found: Reading[Any]) -> dict[str, object]:  # Any: items of any panel
    """Return a panel as its shape reads it."""
    return {"items": list(found.items), "missing": found.missing, "mend": found.mend}


def check_typed(pid: int, typed: str) -> None:
    """Refuse a termination whose process id was not typed.

    Raises:
        InvalidInput: It reads otherwise.
    """
    if typed.strip() != str(pid):
        raise InvalidInput(errors=[{"field": "typed", "message": f"Type {pid}, exactly so."}])


def stopped(pid: int, body: CancelBackend, how: How) -> StoppedOut:
    """Stop a backend and say what it was."""
    backend = stop_backend(pid, body.started, how=how, reason=body.reason)
    return StoppedOut(pid=pid, how=how.value, role=backend.role, statement=backend.text)
