"""Panels as JSON: every table of the pages, and what is missing of it."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, PlainSerializer, StringConstraints

from app.core.shapes import Answer, Instant, OptionalText, Shape, refuse_nul
from app.queries.panels import indexes, tables

Reason = Annotated[str, BeforeValidator(refuse_nul), StringConstraints(min_length=1, max_length=500)]


def exactly(at: datetime) -> str:
    """Return an instant to the microsecond: with the process id it names one backend, so nothing may be rounded away."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


Started = Annotated[datetime, PlainSerializer(exactly, return_type=str)]
MOST = 500


class PanelOut(Answer):
    """What every panel says of itself: `missing` is why not all of it is there, `mend` what gives the right it lacks."""

    missing: str = ""
    mend: str = ""


class BackendOut(Answer):
    """One backend. Times are seconds; `started` and `pid` together name it for good."""

    pid: int
    started: Started
    role: str
    application: str
    client: str
    kind: str
    state: str
    statement: str
    fingerprint: str
    queryid: str
    runs_s: float
    transaction_s: float | None
    waits_for: str
    blocked_by: list[int]
    holds_up: int
    may_be_stopped: bool


class ActivityOut(PanelOut):
    """What runs now, what has run longest first."""

    items: list[BackendOut]
    may_signal: bool


class LockOut(Answer):
    """One backend in the tree of who waits for whom; `depth` 0 is a root, 0 as `pid` a prepared transaction; `above` is for whom it waits."""

    pid: int
    depth: int
    role: str
    statement: str
    fingerprint: str
    holds: str
    waits_for: str
    mode: str
    waited_s: float | None
    above: int | None
    holds_up: int
    is_circle: bool


class LocksOut(PanelOut):
    """Who waits for whom, depth first."""

    items: list[LockOut]


class TableOut(Answer):
    """One table; a partitioned one added up. Shares are of 1."""

    schema_name: str = Field(validation_alias="schema", serialization_alias="schema")
    name: str
    parts: int
    total_bytes: int
    bytes: int
    toast_bytes: int
    index_bytes: int
    rows: int
    dead: int
    dead_share: float
    loose_bytes: int | None
    scans: int
    index_scans: int
    rows_scanned: int
    inserted: int
    updated: int
    deleted: int
    hot_share: float | None
    hit_share: float | None
    changed_since_analyze: int
    vacuumed_at: Instant | None
    analysed_at: Instant | None
    due: int
    xid_age: int | None


class TablesOut(PanelOut):
    """Tables in the order asked for."""

    items: list[TableOut]


class IndexOut(Answer):
    """One index; those of partitions added up."""

    schema_name: str = Field(validation_alias="schema", serialization_alias="schema")
    table: str
    name: str
    method: str
    columns: list[str]
    included: list[str]
    parts: int
    bytes: int
    loose_bytes: int | None
    entries: int
    scans: int
    rows_read: int
    used_at: Instant | None
    hit_share: float | None
    is_unique: bool
    is_primary: bool
    is_partial: bool
    is_valid: bool


class IndexesOut(PanelOut):
    """Indexes in the order asked for."""

    items: list[IndexOut]


class SequenceOut(Answer):
    """One sequence; `value` and `last` are text, because JavaScript cannot hold them as numbers."""

    schema_name: str = Field(validation_alias="schema", serialization_alias="schema")
    name: str
    table: str
    column: str
    value: Annotated[str | None, BeforeValidator(lambda n: None if n is None else str(n))]
    last: Annotated[str, BeforeValidator(str)]
    used_share: float
    is_near: bool


class SequencesOut(PanelOut):
    """Sequences, the one nearest its end first."""

    items: list[SequenceOut]


class ReplicaOut(Answer):
    """A server that follows this one."""

    name: str
    client: str
    state: str
    sync: str
    behind_bytes: int | None
    lag_s: float | None


class SlotOut(Answer):
    """What keeps write-ahead log for a follower."""

    name: str
    kind: str
    is_active: bool
    wal_status: str
    kept_bytes: int | None


class ReplicationOut(PanelOut):
    """Who follows this server, and what is kept for them."""

    items: list[ReplicaOut]
    slots: list[SlotOut]


class GroupOut(Answer):
    """The connections of one login and program from one place."""

    database: str
    role: str
    application: str
    client: str
    total: int
    active: int
    in_transaction: int
    waiting: int
    oldest_s: float


class ConnectionsOut(PanelOut):
    """Who is connected, and how many may be."""

    items: list[GroupOut]
    most: int | None
    reserved: int | None
    used: int | None


class WorkOut(Answer):
    """A vacuum, an analyze or the building of an index that runs now; `done` of `total` blocks."""

    pid: int
    kind: str
    relation: str
    phase: str
    done: int
    total: int


class AgeOut(Answer):
    """How old a database's oldest row version is, in transactions; at `usedShare` 1 no more is written."""

    database: str
    xid_age: int
    multixact_age: int
    freeze_age: int
    used_share: float
    is_old: bool


class HolderOut(Answer):
    """Who keeps row versions from being cleared away."""

    kind: str
    name: str
    age: int
    held_s: float | None


class VacuumOut(PanelOut):
    """What vacuum does, how old row versions are, and who holds them."""

    items: list[WorkOut]
    ages: list[AgeOut]
    holders: list[HolderOut]


class AskTables(Shape):
    """Which tables, and in which order."""

    q: OptionalText = ""
    sort: tables.Order = "size"
    limit: Annotated[int, Field(ge=1, le=MOST)] = 100


class AskIndexes(Shape):
    """Which indexes, and in which order."""

    q: OptionalText = ""
    sort: indexes.Order = "size"
    limit: Annotated[int, Field(ge=1, le=MOST)] = 100


class CancelBackend(Shape):
    """Which backend, by when its connection began, and why it is stopped."""

    started: Started
    reason: Reason


class TerminateBackend(CancelBackend):
    """The same; `typed` repeats its process id, because this cannot be taken back."""

    typed: OptionalText = ""


class StoppedOut(Answer):
    """What was stopped."""

    pid: int
    how: Literal["cancel", "terminate"]
    role: str
    statement: str
