"""Which indexes could serve the scans of a table: equal columns first, then one range or the order, then what is needed.

At most four key columns. What an index that is there serves already is not said again.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from app.queries.advisor.types import Candidate, Condition, Key, Scan, Table

MOST_KEYS = 4
MOST_INCLUDED, WIDEST_INCLUDED = 4, 64  # columns, and bytes of all of them
LEAST_ROWS = 1000
TENANT = (
    "company_id"  # first when nothing else decides: every other index begins so, and pages of one company lie together
)
VISIBLE = 0.8  # of the pages: an index-only scan of less looks into the table anyway
IN_ORDER, BRIN_PAGES = (
    0.95,
    4096,
)  # |correlation|, and 32 MiB: smaller tables are read faster than a block range is found


def candidates_of(table: Table, scans: Sequence[Scan]) -> list[Candidate]:
    """Return every index worth asking the planner about, without those that are covered already."""
    if table.rows < LEAST_ROWS:
        return []
    common = Counter(
        condition.expression
        for scan in scans
        for condition in scan.conditions
        if condition.kind in {"eq", "join", "in"}
    )
    found: dict[str, Candidate] = {}
    for scan in scans:
        for candidate in of_scan(table, scan, common):
            if not is_covered(table, candidate):
                found.setdefault(candidate.body, candidate)
    return list(found.values())


def of_scan(table: Table, scan: Scan, common: Counter[str]) -> Iterator[Candidate]:
    """Return the indexes that could serve one scan."""
    predicates = fit_predicates(scan)
    for keys in equal_ways(table, scan, common):
        if keys:
            yield from finish(table, scan, keys, predicates)
    yield from by_words(table, scan)
    yield from by_block(table, scan)


def equal_ways(table: Table, scan: Scan, common: Counter[str]) -> Iterator[tuple[Key, ...]]:
    """Return the ways its conditions make keys, without repeating a column."""
    equal = ranked(scan, {"eq"}, common, table)
    joined = ranked(scan, {"join"}, common, table)
    listed = ranked(scan, {"in", "null"}, common, table)
    ranges = ranked(scan, {"range"}, common, table)
    heads: list[list[Key]] = [equal, equal + listed]
    if joined:
        heads += [equal + joined, joined + equal, joined]
    tails: list[list[Key]] = [[], plain_order(scan), *([key] for key in ranges)]
    fixed = {condition.expression for condition in scan.conditions if condition.predicate}
    # Where the list stands in the statement itself, an index of those rows alone has nothing to pass over.
    if scan.order and any(key.expression not in fixed for key in listed):
        tails.append([*plain_order(scan), *listed])
    seen = set()
    for head in heads:
        for tail in tails:
            keys = unique(head + tail)[:MOST_KEYS]
            if keys and keys not in seen:
                seen.add(keys)
                yield keys


def ranked(scan: Scan, kinds: set[str], common: Counter[str], table: Table) -> list[Key]:
    """Return columns compared in one of these ways: the ones most scans share first, so that indexes can be shared."""
    found = {one.expression: one for one in scan.conditions if one.kind in kinds and one.expression != "?"}

    def rank(expression: str) -> tuple[int, bool, float, str]:
        column = table.columns.get(expression)
        distinct = 0.0 if column is None else -column.distinct * table.rows if column.distinct < 0 else column.distinct
        return -common[expression], expression != TENANT, -distinct, expression

    return [Key(expression) for expression in sorted(found, key=rank)]


def plain_order(scan: Scan) -> list[Key]:
    """Return its ORDER BY; one that is wholly the other way round is read backwards from a plain index."""
    equal = {condition.expression for condition in scan.conditions if condition.kind == "eq"}
    order = [key for key in scan.order if key.expression not in equal]
    if all(key.is_desc and key.nulls_first for key in order):
        return [Key(key.expression) for key in order]
    return order


def unique(keys: Iterable[Key]) -> tuple[Key, ...]:
    """Drop columns that stand there already."""
    return tuple({key.expression: key for key in reversed(list(keys))}[name] for name in dict.fromkeys(
        key.expression for key in keys
    ))  # fmt: skip


def finish(table: Table, scan: Scan, keys: tuple[Key, ...], predicates: list[Condition]) -> Iterator[Candidate]:
    """Return an index with these keys: plain, covering, and of a part of the rows."""
    columns = columns_of(scan, keys)
    yield Candidate(table.name, keys, columns=columns)
    include = included(table, scan, keys)
    if include:
        yield Candidate(table.name, keys, include, columns=columns | set(include))
    for condition in predicates:
        rest = tuple(key for key in keys if key.expression != condition.expression) or keys
        yield Candidate(table.name, rest, where=condition.predicate, columns=columns_of(scan, rest) | condition.columns)
        with_more = included(table, scan, rest)
        if with_more:
            needed = columns_of(scan, rest) | condition.columns | set(with_more)
            yield Candidate(table.name, rest, with_more, condition.predicate, columns=needed)


def fit_predicates(scan: Scan) -> list[Condition]:
    """Return conditions an index could be restricted to: no parameter, nothing of time or session."""
    return [condition for condition in scan.conditions if condition.predicate and is_steady(condition.predicate)]


def is_steady(predicate: str) -> bool:
    """Say whether nothing in it changes by itself; the server has the last word when the index is made."""
    return not any(word in predicate for word in ("current_", "now(", "session_user", "random("))


def included(table: Table, scan: Scan, keys: tuple[Key, ...]) -> tuple[str, ...]:
    """Return the columns that would spare the table a visit; none when there are too many or pages too fresh."""
    if scan.needed is None or table.visible_share < VISIBLE:
        return ()
    rest = sorted(scan.needed - {key.expression for key in keys})
    width = sum(table.columns[name].width for name in rest if name in table.columns)
    fits = len(rest) <= MOST_INCLUDED and width <= WIDEST_INCLUDED and all(name in table.columns for name in rest)
    return tuple(rest) if fits else ()


def columns_of(scan: Scan, keys: Iterable[Key]) -> frozenset[str]:
    """Return every column the keys are made of."""
    by_expression = {condition.expression: condition.columns for condition in scan.conditions}
    return frozenset(chain.from_iterable(by_expression.get(key.expression, {key.expression}) for key in keys))


def by_words(table: Table, scan: Scan) -> Iterator[Candidate]:
    """Return a trigram index for text that is looked for within text, beside the columns that are equal."""
    for condition in scan.conditions:
        if condition.kind != "like":
            continue
        key = Key(condition.expression, operators="gin_trgm_ops")
        yield Candidate(table.name, (key,), method="gin", columns=condition.columns)
        equal = tuple(Key(one.expression) for one in scan.conditions if one.kind == "eq" and one.is_plain)[:2]
        if equal:  # btree_gin puts plain columns beside
            columns = condition.columns | {one.expression for one in equal}
            yield Candidate(table.name, (*equal, key), method="gin", columns=columns)


def by_block(table: Table, scan: Scan) -> Iterator[Candidate]:
    """Return a block-range index for a range of a large table that lies in its order."""
    for condition in scan.conditions:
        column = table.columns.get(condition.expression)
        if condition.kind != "range" or column is None or table.pages < BRIN_PAGES:
            continue
        if abs(column.correlation) >= IN_ORDER:
            yield Candidate(table.name, (Key(column.name),), method="brin", columns=condition.columns)


def is_covered(table: Table, candidate: Candidate) -> bool:
    """Say whether an index that is there begins with all its keys, holds what it would include, and has just its rows.

    One of all rows is none of a part of them: there the others have to be passed over.
    """
    keys = tuple(key.sql() for key in candidate.keys)
    for index in table.indexes:
        same_part = index.where == candidate.where
        holds = set(candidate.include) <= set(index.include) | set(index.keys)
        if (
            index.is_valid
            and same_part
            and holds
            and index.method == candidate.method
            and index.keys[: len(keys)] == keys
        ):
            return True
    return False
