"""What a plan costs: what the planner believes, and with care where it hopes to be done early.

Under a LIMIT the planner takes rows that fit to lie evenly, and expects to stop as soon as it has enough of them. Where a
scan passes over rows on its way (orders that are not open, in the order they are due), they often lie all at one end:
what is open is young. An index that holds just the rows wanted needs no such luck.
"""

from collections.abc import Iterator
from typing import Any

from app.queries.advisor.backend import Backend, CannotTell, Plan
from app.queries.advisor.expressions import read_conditions
from app.queries.advisor.inside import OWNER
from app.queries.advisor.scans import with_own_numbers
from app.queries.advisor.types import Catalogue, Condition, Query

UNLUCKY = 0.1  # of such calls go to the end
PASSING = {"Result", "Subquery Scan", "LockRows", "ProjectSet", "Append", "Merge Append", "Gather", "Gather Merge"}
SCANS = {"Seq Scan", "Index Scan", "Index Only Scan"}


def cost_of(plan: Plan) -> float:
    """Return what the planner believes a plan to cost."""
    return float(plan["Total Cost"])


class Prices:
    """Prices of plans on one backend.

    Attributes:
        keys: The keys of indexes that are tried, by their name in plans.
    """

    def __init__(self, catalogue: Catalogue, backend: Backend) -> None:
        self.catalogue, self.backend = catalogue, backend
        self.keys: dict[str, tuple[str, ...]] = {
            index.name: index.keys for table in catalogue.tables.values() for index in table.indexes
        }
        self._shares: dict[tuple[str, str], float] = {}

    def of(self, plan: Plan) -> float:
        """Return what a plan costs, in the planner's unit."""
        return cost_of(plan) + sum(self.risk(limit, scan) for limit, scan in early_ends(plan))

    def known(self, plan: Plan, query: Query) -> float:
        """Return what the plan a statement has now costs: calls that touched few pages were lucky, and are known to be."""
        touched = query.blocks / max(query.calls, 1)
        return min(self.of(plan), max(cost_of(plan), touched)) if query.blocks else self.of(plan)

    def risk(self, limit: Plan, scan: Plan) -> float:
        """Return what is added for a scan that may have to go on, by the share of rows that it passes over."""
        rest = cost_of(outer(limit)) - cost_of(limit)
        passed = list(self.passed_over(scan))
        return UNLUCKY * rest * (1 - self.share(scan, passed)) if rest > 0 and passed else 0.0

    def passed_over(self, scan: Plan) -> Iterator[str]:
        """Return the conditions that rows are looked at for, instead of being found by."""
        yield from parts_of(scan.get("Filter", ""))
        keys = self.keys.get(scan.get("Index Name", ""))
        table = self.catalogue.table_of(scan["Relation Name"])
        if keys is None or table is None:
            return
        alias, columns = scan.get("Alias", table.name), frozenset(table.columns)
        by_part = {part: read_conditions(part, alias, columns) for part in parts_of(scan.get("Index Cond", ""))}
        found_by = bounds(keys, [one for some in by_part.values() for one in some])
        yield from (part for part, some in by_part.items() if any(one.expression not in found_by for one in some))

    def share(self, scan: Plan, parts: list[str]) -> float:
        """Return which share of a table's rows the planner expects to fit; all of them where it cannot be asked."""
        table = self.catalogue.table_of(scan["Relation Name"])
        if table is None or table.rows < 1:
            return 1.0
        text = with_own_numbers(" AND ".join(f"({part})" for part in parts))
        if (table.name, text) not in self._shares:
            asked = f'SELECT FROM "{table.name}" AS "{scan.get("Alias", table.name)}" WHERE {text}'
            try:
                rows = float(self.backend.plan(asked, role=OWNER)["Plan Rows"])
            except CannotTell:
                rows = table.rows
            self._shares[table.name, text] = min(1.0, rows / table.rows)
        return self._shares[table.name, text]


def early_ends(node: dict[str, Any]) -> Iterator[tuple[Plan, Plan]]:  # Any: EXPLAIN's JSON
    """Return each LIMIT with the scan that ends when it has enough."""
    if node["Node Type"] == "Limit":
        below = outer(node)
        while below["Node Type"] in PASSING and below.get("Plans"):
            below = outer(below)
        if below["Node Type"] in SCANS and "Relation Name" in below:
            yield node, below
    for one in node.get("Plans", ()):
        yield from early_ends(one)


def outer(node: Plan) -> Plan:
    """Return the plan a node takes its rows from; what is computed once before is beside it."""
    below: list[Plan] = node["Plans"]
    return next((one for one in below if one.get("Parent Relationship") not in {"InitPlan", "SubPlan"}), below[0])


def bounds(keys: tuple[str, ...], conditions: list[Condition]) -> set[str]:
    """Return what an index finds its rows by: equal columns it begins with, and one more that is compared."""
    equal = {one.expression for one in conditions if one.kind in {"eq", "join", "null"}}
    found: set[str] = set()
    for key in keys:
        plain = key.removesuffix(" DESC")
        name = plain[1:-1] if plain.startswith("(") else plain
        found.add(name)
        if name not in equal:
            break
    return found


def parts_of(text: str) -> Iterator[str]:
    """Take apart what PostgreSQL prints joined by AND: `((a = 1) AND (b > 2))`."""
    inner = text[1:-1] if text.startswith("((") else text
    depth, begins, quoted = 0, 0, False
    for place, letter in enumerate(inner):
        quoted ^= letter == "'"
        depth += 0 if quoted else (letter == "(") - (letter == ")")
        if not quoted and depth == 0 and inner.startswith(" AND ", place):
            yield inner[begins:place]
            begins = place + 5
    if inner:
        yield inner[begins:]
