"""What the advisor speaks of: statements, scans, conditions, indexes. Plain values; nothing here asks a server."""

from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b

LONGEST_NAME = 63  # PostgreSQL cuts what is longer


@dataclass(frozen=True)
class Query:
    """One statement of the workload.

    Attributes:
        text: With $n where values stand; as the planner can take it.
        role: The login that sent it.
        calls: In the span; `rows` were returned or changed by them, and `blocks` of 8 KiB touched.
        total_ms: What all calls took on the server; what was stopped by a limit counts with the limit.
    """

    fingerprint: str
    text: str
    verb: str
    calls: int
    total_ms: float
    rows: int = 0
    blocks: int = 0
    timeouts: int = 0
    role: str = "qd_app"


@dataclass(frozen=True)
class Writes:
    """What is written into one table in the span.

    Attributes:
        updates: Rows updated, by the set of columns that were given a value.
        hot_share: Share of updates that touched no index (heap-only tuples).
    """

    inserts: int = 0
    deletes: int = 0
    updates: tuple[tuple[frozenset[str], int], ...] = ()
    hot_share: float = 0.0

    def entries_for(self, columns: frozenset[str]) -> float:
        """Return how many entries an index with these columns would have been given in the span."""
        moved = sum(rows * (1.0 if names & columns else 1.0 - self.hot_share) for names, rows in self.updates)
        return self.inserts + moved

    @property
    def rows(self) -> int:
        """All rows written."""
        return self.inserts + self.deletes + sum(rows for _, rows in self.updates)


@dataclass(frozen=True)
class Condition:
    """One condition on one table.

    Attributes:
        kind: `eq`, `join` (equal to a column of another table), `in`, `range`, `null`, `like`, `has` (@>) or `other`.
        expression: What is compared, without the table's name: `state`, `lower(email)`.
        columns: Every column of the table in it.
        predicate: The whole condition, when no parameter and no other table is in it: fit for a partial index.
    """

    kind: str
    expression: str
    columns: frozenset[str]
    predicate: str = ""

    @property
    def is_plain(self) -> bool:
        """Whether a column itself is compared, not a function of it."""
        return self.columns == {self.expression}


@dataclass(frozen=True)
class Key:
    """One column of an index, or of an ORDER BY."""

    expression: str
    is_desc: bool = False
    nulls_first: bool = False
    operators: str = ""

    def sql(self) -> str:
        """Return it as CREATE INDEX takes it."""
        plain = self.expression.replace("_", "").isalnum()
        parts = [self.expression if plain else f"({self.expression})"]
        parts += [self.operators] if self.operators else []
        parts += ["DESC"] if self.is_desc else []
        if self.nulls_first != self.is_desc:  # the default is last for ASC and first for DESC
            parts += ["NULLS FIRST" if self.nulls_first else "NULLS LAST"]
        return " ".join(parts)


@dataclass(frozen=True)
class Scan:
    """How one statement reads one table.

    Attributes:
        order: Its ORDER BY when all of it is of this table and only the first rows are wanted, else empty.
        needed: Every column of the table that the statement names; None when it takes whole rows.
    """

    fingerprint: str
    table: str
    conditions: tuple[Condition, ...]
    order: tuple[Key, ...] = ()
    needed: frozenset[str] | None = None


@dataclass(frozen=True)
class Candidate:
    """An index that could be made."""

    table: str
    keys: tuple[Key, ...]
    include: tuple[str, ...] = ()
    where: str = ""
    method: str = "btree"
    columns: frozenset[str] = frozenset()  # all it would have to be written for

    @property
    def name(self) -> str:
        """A name that says what is in it; cut with a digest when that is too long, or when words do not tell it apart."""
        words = "_".join("".join(letter if letter.isalnum() else "_" for letter in key.expression) for key in self.keys)
        plain = f"ix_{self.table}_{words}"
        is_odd = bool(self.include or self.where or self.method != "btree" or any(key.is_desc for key in self.keys))
        if len(plain) <= LONGEST_NAME and not is_odd and "__" not in plain:
            return plain
        digest = blake2b(self.body.encode(), digest_size=3).hexdigest()
        return f"{plain[: LONGEST_NAME - 7].rstrip('_')}_{digest}"

    @property
    def body(self) -> str:
        """What follows ON: the same for two candidates that are the same index."""
        using = "" if self.method == "btree" else f" USING {self.method}"
        covered = f" INCLUDE ({', '.join(self.include)})" if self.include else ""
        partial = f" WHERE {self.where}" if self.where else ""
        return f"{self.table}{using} ({', '.join(key.sql() for key in self.keys)}){covered}{partial}"

    def ddl(self, *, concurrently: bool = False) -> str:
        """Return the statement that makes it."""
        return f"CREATE INDEX {'CONCURRENTLY ' if concurrently else ''}{self.name} ON {self.body}"


@dataclass(frozen=True)
class Column:
    """What the planner knows of one column."""

    name: str
    type: str
    width: int = 8
    distinct: float = 0.0  # as pg_stats: negative is a share of the rows
    correlation: float = 0.0
    nulls: float = 0.0


@dataclass(frozen=True)
class Index:
    """An index that is there.

    Attributes:
        keys: Its key columns as CREATE INDEX takes them, `include` the others.
        is_needed: Why it must stay whatever is read through it: "" when nothing says so.
        scans: How often it was used, on the primary and every replica that was asked.
    """

    name: str
    table: str
    definition: str
    keys: tuple[str, ...]
    include: tuple[str, ...]
    where: str
    method: str
    is_unique: bool
    is_valid: bool
    is_needed: str
    scans: int
    size_bytes: int


@dataclass(frozen=True)
class Table:
    """One table, a partitioned one with all of its partitions."""

    name: str
    rows: float
    pages: int
    visible_share: float
    columns: dict[str, Column]
    indexes: tuple[Index, ...] = ()
    partitions: tuple[str, ...] = ()
    changed: int = 0  # rows since the last ANALYZE
    analyzed_at: datetime | None = None
    hot_share: float = 0.0

    @property
    def row_width(self) -> int:
        """Bytes of a row: its header and what is in it."""
        return 24 + sum(column.width for column in self.columns.values())


@dataclass
class Catalogue:
    """The tables of a database by name, and which of them a partition belongs to."""

    tables: dict[str, Table]
    root_of: dict[str, str] = field(default_factory=dict)
    counting_since: datetime | None = None
    notes: list[str] = field(default_factory=list)

    def table_of(self, name: str) -> Table | None:
        """Return the table; of a partition, the one it is a part of."""
        return self.tables.get(self.root_of.get(name, name))
