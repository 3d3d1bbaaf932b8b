"""What says how a statement would be planned if an index were there.

Two can: HypoPG on the server itself where somebody installed it, and a cluster without data that has its tables and
their statistics (app/queries/shadow). Neither touches a row, and both only say what the planner believes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import psycopg

from app.queries.advisor.types import Candidate, Catalogue

Plan = dict[str, Any]  # Any: a node of EXPLAIN's JSON


class CannotTell(Exception):
    """This backend cannot plan the statement, or cannot have the index."""


@dataclass(frozen=True)
class Added:
    """An index the backend knows from now on.

    Attributes:
        name: How `plan` is told of it.
        size_bytes: About how large it would be.
        shown: What plans call it, where that is another name.
    """

    name: str
    size_bytes: int
    shown: str = ""


class Backend(Protocol):
    """Plans with indexes that are not there, and without some that are."""

    name: str

    def can(self, candidate: Candidate) -> bool:
        """Say whether it knows indexes of this kind."""

    def add(self, candidate: Candidate) -> Added:
        """Get to know an index.

        Raises:
            CannotTell: The server would not have it: an expression that changes, a type without such an index.
        """

    def plan(
        self, text: str, *, role: str = "", with_indexes: Sequence[str] = (), without: Sequence[str] = ()
    ) -> Plan:  # fmt: skip
        """Return the outermost node of the plan.

        Args:
            text: With $n where values stand.
            role: The login that sends it: its row-level security is part of the plan.
            with_indexes: Names of added ones the planner may use; of the others it knows nothing.
            without: Names of real ones it must not use.

        Raises:
            CannotTell: It cannot be planned.
        """


class HypoPG:
    """The extension of that name, in a connection of its own that is rolled back at its end.

    Its sizes are pessimistic on purpose (HypoPG/hypopg#64).
    """

    name = "hypopg"
    METHODS = frozenset({"btree", "brin", "hash", "bloom"})

    def __init__(self, connection: psycopg.Connection[Any], catalogue: Catalogue) -> None:  # Any: rows of any kind
        self._connection, self._catalogue = connection, catalogue
        self._oids: dict[str, int] = {}

    @classmethod
    def is_there(cls, connection: psycopg.Connection[Any]) -> bool:  # Any: as above
        """Say whether the extension is installed in this database."""
        return connection.execute("SELECT 1 FROM pg_extension WHERE extname = 'hypopg'").fetchone() is not None

    def can(self, candidate: Candidate) -> bool:
        """No GIN, no GiST."""
        return candidate.method in self.METHODS and not self._catalogue.tables[candidate.table].partitions

    def add(self, candidate: Candidate) -> Added:
        """Make a hypothetical index, and hide it until it is asked for."""
        try:
            with self._connection.transaction():
                row = self._connection.execute(
                    "SELECT indexrelid::bigint, indexname, hypopg_relation_size(indexrelid) FROM hypopg_create_index(%s)",
                    [candidate.ddl()],
                ).fetchone()
        except psycopg.Error as error:
            raise CannotTell(str(error.sqlstate)) from None
        if row is None:
            raise CannotTell("no index came of it")
        oid, name, size = tuple(row.values()) if isinstance(row, dict) else tuple(row)
        self._oids[name] = oid
        return Added(name, int(size))

    def plan(
        self, text: str, *, role: str = "", with_indexes: Sequence[str] = (), without: Sequence[str] = ()
    ) -> Plan:  # fmt: skip
        """Plan with some indexes shown and others hidden."""
        hidden = [oid for name, oid in self._oids.items() if name not in with_indexes]
        try:
            with self._connection.transaction():
                self._connection.execute("SELECT hypopg_unhide_all_indexes()")
                self._connection.execute("SELECT hypopg_hide_index(oid) FROM unnest(%s::oid[]) AS oid", [hidden])
                self._connection.execute(
                    "SELECT hypopg_hide_index(name::regclass) FROM unnest(%s::text[]) AS name", [list(without)]
                )
                return explain(self._connection, text)
        except psycopg.Error as error:
            raise CannotTell(str(error.sqlstate)) from None


def explain(connection: psycopg.Connection[Any], text: str) -> Plan:  # Any: as above
    """Return the outermost node of the plan of a statement with $n in it; nothing is run."""
    # Without arguments psycopg uses the simple protocol, which a generic plan needs.
    row = connection.execute(f"EXPLAIN (GENERIC_PLAN, VERBOSE, FORMAT JSON) {text}".encode()).fetchone()
    if row is None:
        raise CannotTell("no plan came of it")
    [found] = next(iter(row.values())) if isinstance(row, dict) else row[0]
    outermost: Plan = found["Plan"]
    return outermost
