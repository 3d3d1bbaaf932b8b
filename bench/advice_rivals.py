"""The published rules of PgHero and Dexter, stated again from their sources, on the same statements and planner.

PgHero 4.0 (lib/pghero/methods/suggested_indexes.rb): statements on one table alone; columns of the WHERE by the rows
they leave, until fewer than 50 are left or there are two; a column that leaves more than 30 % is dropped; without one the
ORDER BY. Dexter 0.6 (lib/dexter/indexer.rb): each statement alone; every column, then pairs; kept when the cost was at
least 100 and falls by half, a second column when it falls by half again.
"""

from collections import defaultdict
from itertools import permutations

from app.queries.advisor.advise import Look, Planned
from app.queries.advisor.backend import CannotTell
from app.queries.advisor.candidates import is_covered
from app.queries.advisor.prices import cost_of
from app.queries.advisor.scans import read_scans
from app.queries.advisor.types import Candidate, Key, Scan, Table

ENOUGH_ROWS, LEAVES_MOST, COLUMNS = 50, 0.3, 2
LEAST_COST, HALF = 100.0, 0.5
RANGE_SHARE = 0.1


def by_pghero(look: Look) -> list[Candidate]:
    """Return what PgHero's rules propose."""
    found: dict[str, Candidate] = {}
    for planned in look.found.planned.values():
        scans = read_scans(planned.query, planned.plan, look.catalogue)
        if len(scans) != 1 or " JOIN " in planned.text or len(planned.tables) != 1:
            continue
        table = look.catalogue.tables[scans[0].table]
        keys = pghero_keys(table, scans[0])
        candidate = Candidate(table.name, keys)
        if keys and table.rows >= 500 and not is_covered(table, candidate):
            found.setdefault(candidate.body, candidate)
    return list(found.values())


def pghero_keys(table: Table, scan: Scan) -> tuple[Key, ...]:
    """Return the columns of one index by its rules."""
    left: dict[str, float] = {}
    for condition in scan.conditions:
        column = table.columns.get(condition.expression)
        if column is None or condition.kind not in {"eq", "in", "null", "range"}:
            continue
        distinct = -column.distinct * table.rows if column.distinct < 0 else column.distinct
        share = (
            column.nulls
            if condition.kind == "null"
            else RANGE_SHARE
            if condition.kind == "range"
            else 1 / max(distinct, 1)
        )
        left[column.name] = min(left.get(column.name, 1.0), share)
    keys: list[Key] = []
    rows = table.rows
    for name, share in sorted(left.items(), key=lambda pair: (pair[1], pair[0])):
        if share > LEAVES_MOST:
            continue
        keys.append(Key(name))
        rows *= share
        if rows < ENOUGH_ROWS or len(keys) == COLUMNS:
            break
    return tuple(keys or (Key(key.expression) for key in scan.order[:COLUMNS] if key.expression in table.columns))


def by_dexter(look: Look) -> list[Candidate]:
    """Return what Dexter's rules propose, each statement by itself."""
    found: dict[str, Candidate] = {}
    for planned in look.found.planned.values():
        cost = cost_of(planned.plan)  # the planner's own, as Dexter takes it
        if cost < LEAST_COST:
            continue
        costs = dexter_costs(look, planned)
        best = None
        for count in (1, COLUMNS):
            cheapest = min((one for one in costs if len(one.keys) == count), key=costs.__getitem__, default=None)
            if cheapest is not None and costs[cheapest] <= cost * HALF:
                best, cost = cheapest, costs[cheapest]
        if best is not None:
            found.setdefault(best.body, best)
    return list(found.values())


def dexter_costs(look: Look, planned: Planned) -> dict[Candidate, float]:
    """Plan one statement with every column, then with every pair of them."""
    columns: dict[str, set[str]] = defaultdict(set)
    for scan in read_scans(planned.query, planned.plan, look.catalogue):
        for condition in scan.conditions:
            columns[scan.table] |= condition.columns
        columns[scan.table] |= {key.expression for key in scan.order}
    costs = {}
    for count in (1, COLUMNS):
        for name, names in sorted(columns.items()):
            table = look.catalogue.tables[name]
            for some in permutations(sorted(names & set(table.columns)), count):
                candidate = Candidate(name, tuple(Key(column) for column in some), columns=frozenset(some))
                if table.rows < 1000 or is_covered(table, candidate):
                    continue
                try:
                    tried = [look.backend.add(candidate).name]
                    costs[candidate] = cost_of(
                        look.backend.plan(planned.text, role=planned.query.role, with_indexes=tried)
                    )
                except CannotTell:
                    continue
    return costs
