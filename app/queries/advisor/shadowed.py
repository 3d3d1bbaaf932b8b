"""The cluster without data as what proves an index: nothing has to be installed on the server, nothing of it is read."""

from collections.abc import Sequence

from app.queries.advisor.backend import Added, CannotTell, Plan
from app.queries.advisor.types import Candidate
from app.queries.explain.problems import ExplainFailed, ExplainRefused
from app.queries.shadow.cluster import Shadow


class Shadowed:
    """A cluster with our tables, their statistics and not one row."""

    name = "shadow"
    METHODS = frozenset({"btree", "gin", "brin"})

    def __init__(self, shadow: Shadow) -> None:
        self._shadow = shadow

    def can(self, candidate: Candidate) -> bool:
        """Every kind whose size is known there."""
        return candidate.method in self.METHODS

    def add(self, candidate: Candidate) -> Added:
        """Make it on the empty table; there it is known by its definition."""
        ddl = candidate.ddl()
        try:
            size = self._shadow.add_index(ddl)
            return Added(ddl, size, self._shadow.names[ddl])
        except (ExplainFailed, ExplainRefused) as error:
            raise CannotTell(str(error)) from None

    def plan(
        self, text: str, *, role: str = "", with_indexes: Sequence[str] = (), without: Sequence[str] = ()
    ) -> Plan:  # fmt: skip
        """Plan with some indexes valid and others not."""
        try:
            tree = self._shadow.plan(text, with_indexes, without_indexes=without, role=role)
        except (ExplainFailed, ExplainRefused) as error:
            raise CannotTell(str(error)) from None
        outermost: Plan = tree["Plan"]
        return outermost
