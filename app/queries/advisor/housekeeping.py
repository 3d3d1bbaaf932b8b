"""Indexes that are there for nothing: of which another one begins the same, that nobody reads, or that are broken.

What must stay whatever is read through it never comes up: primary keys, uniqueness, constraints, replica identity, and
an index a foreign key needs unless another one serves it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.core.present import plural
from app.queries.advisor.advise import DEARER, Planned
from app.queries.advisor.backend import CannotTell
from app.queries.advisor.prices import Prices
from app.queries.advisor.types import Catalogue, Index, Table

WATCHED = timedelta(days=7)  # before "nobody reads it" is said: there are weekly jobs
LEAST_BYTES = 64 * 1024  # an index of an empty table costs nobody anything


@dataclass(frozen=True)
class Removal:
    """An index to drop or to build again.

    Attributes:
        kind: `drop-duplicate`, `drop-unused` or `rebuild-invalid`.
        beside: The index that serves instead, if one does.
        why_not: Why there is not enough evidence yet; empty when there is.
    """

    kind: str
    table: Table
    index: Index
    beside: str = ""
    why_not: str = ""


def find_removals(
    catalogue: Catalogue, prices: Prices, planned: Mapping[str, Planned], now: datetime, watching_since: datetime | None
) -> list[Removal]:  # fmt: skip
    """Return what could go, each index once.

    Args:
        catalogue: What there is, with scans summed over every server that was asked.
        prices: Of the workload without an index, before it is called a duplicate.
        planned: The workload.
        now: The time.
        watching_since: Since when PostgreSQL counts scans, as far as we know.
    """
    found = []
    for table in catalogue.tables.values():
        for index in table.indexes:
            removal = judge(table, index, now, watching_since)
            if removal and (removal.kind != "drop-duplicate" or is_free(prices, index, planned, table)):
                found.append(removal)
    return found


def judge(table: Table, index: Index, now: datetime, since: datetime | None) -> Removal | None:
    """Return why one index could go; None when it has its use."""
    if not index.is_valid:
        return Removal("rebuild-invalid", table, index)
    beside = next((other for other in table.indexes if is_covered_by(index, other)), None)
    if beside is not None and index.is_needed in {"", *served_too(index, beside)}:
        return Removal("drop-duplicate", table, index, beside.name)
    if index.is_needed or index.scans or index.size_bytes < LEAST_BYTES:
        return None
    watched = now - since if since else timedelta(0)
    why_not = "" if watched >= WATCHED else f"Scans are counted for {days_of(watched)} only; a week is needed."
    return Removal("drop-unused", table, index, why_not=why_not)


def served_too(index: Index, beside: Index) -> set[str]:
    """Return the need another index meets as well: a foreign key is served by whatever begins with its columns."""
    is_longer = len(beside.keys) >= len(index.keys)
    return {index.is_needed} if is_longer and index.is_needed.startswith("supports the foreign key") else set()


def is_covered_by(index: Index, other: Index) -> bool:
    """Say whether another valid index does all that this one does; of two equal ones the later name goes."""
    if other.name == index.name or not other.is_valid or index.is_unique or other.method != index.method:
        return False
    if index.method != "btree" or other.where != index.where or other.keys[: len(index.keys)] != index.keys:
        return False
    if not set(index.include) <= set(other.include) | set(other.keys):
        return False
    same = len(other.keys) == len(index.keys) and set(other.include) == set(index.include)
    return not same or other.is_unique or bool(other.is_needed) > bool(index.is_needed) or other.name < index.name


def is_free(prices: Prices, index: Index, planned: Mapping[str, Planned], table: Table) -> bool:
    """Plan every statement on the table without the index: none may become dearer."""
    for one in planned.values():
        if table.name not in one.tables:
            continue
        try:
            plan = prices.backend.plan(one.text, role=one.query.role, without=[index.name])
        except CannotTell:
            continue
        if prices.of(plan) > one.cost * DEARER + 0.01:
            return False
    return True


def days_of(span: timedelta) -> str:
    """Return a span in words."""
    return plural(span.days, "day") if span.days > 1 else plural(max(int(span.total_seconds() // 3600), 0), "hour")
