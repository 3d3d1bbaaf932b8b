"""Chooses the indexes of a table: what the statements cost with each set, then what keeping it costs the writers.

All subsets of at most five are compared of the most useful candidates (a statement costs what its best index makes of
it); the sets that look best are then planned as a whole, because the planner may use two at once, or none.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations

from app.queries.advisor.backend import Added
from app.queries.advisor.types import Candidate, Table, Writes

TOLERANCE = 0.002  # of what can be gained: within it the set that costs writers less is better; their cost is in both
EXACT_UP_TO, BEST_OVERALL = 14, 3  # 9,401 sets at most
MOST_NEW = 5  # of one table at a time: after each is built the next look knows more
# One entry written is about half a page found and dirtied: leaves of a busy index are mostly in memory, its WAL is not.
# A text makes a score of trigrams; of a block range only a row beyond its bounds is written.
ENTRY_COST = {"btree": 2.0, "gin": 20.0, "brin": 0.05}
HELPED = 0.95  # a statement that costs so much of what it did is helped
LEAST_GAIN = 0.2  # of what the statements an index helps cost: one that is dear on a table must not hide the others


@dataclass(frozen=True)
class Option:
    """A candidate with what it was found to be worth.

    Attributes:
        costs: Each statement's cost with this index alone.
        write_cost: What keeping it costs the writers of the same span, in the planner's unit.
    """

    candidate: Candidate
    added: Added
    costs: Mapping[str, float]
    write_cost: float


def write_cost(table: Table, writes: Writes, candidate: Candidate) -> float:
    """Return what keeping an index costs in the span, in the planner's unit."""
    entries = writes.entries_for(candidate.columns)
    return entries * ENTRY_COST[candidate.method] * (1 + write_overhead(table, candidate))


def write_overhead(table: Table, candidate: Candidate) -> float:
    """Return the bytes of an entry over the bytes of a row: pganalyze's Index Write Overhead."""
    if candidate.method == "brin":
        return 0.0
    named = candidate.columns & set(table.columns)
    return (8 + sum(table.columns[name].width for name in named)) / max(table.row_width, 1)


def choose(
    base: Mapping[str, float],
    calls: Mapping[str, float],
    options: Iterable[Option],
    costs_of: Callable[[tuple[Option, ...]], Mapping[str, float]],
) -> tuple[Option, ...]:
    """Return the indexes worth making for one table, most useful first.

    Args:
        base: Each statement's cost as it is.
        calls: How often each ran in the span, the dearer ones more: `Planned.weight`.
        options: What could be made.
        costs_of: Plans all statements with a set of them.
    """
    useful = [option for option in options if gain(base, calls, option.costs) > option.write_cost]
    whole = sum(cost * calls[name] for name, cost in base.items())
    sets = list(subsets(shortlist(base, calls, useful)))
    if not sets or whole <= 0:
        return ()
    judged = sorted(((guess(base, calls, chosen), chosen) for chosen in sets), key=lambda pair: pair[0])
    best = judged[0][0]
    near = [chosen for cost, chosen in judged if cost - best <= TOLERANCE * max(whole - best, 0)]
    near.sort(
        key=lambda chosen: (
            len(chosen),
            sum(one.added.size_bytes for one in chosen),
            sum(len(one.candidate.include) for one in chosen),
        )
    )
    for chosen in near[:5]:
        kept = prune(base, calls, chosen, costs_of)
        if kept:
            return kept
    return ()


def shortlist(base: Mapping[str, float], calls: Mapping[str, float], useful: list[Option]) -> list[Option]:
    """Return the options worth combining: the best of each statement, then the second best, so that none is crowded out.

    By gain alone all places would go to variants of one index, those of the dearest statement.
    """
    turns: list[list[Option]] = []
    for name in sorted(base, key=lambda one: -base[one] * calls[one]):
        helping = [one for one in useful if one.costs.get(name, base[name]) < base[name] * HELPED]
        turns.append(sorted(helping, key=lambda one, name=name: (one.costs[name], one.write_cost)))  # type: ignore[misc]
    found: dict[str, Option] = {}
    for place in range(max(map(len, turns), default=0)):
        for turn in turns:
            if place < len(turn) and len(found) < EXACT_UP_TO:
                found.setdefault(turn[place].candidate.body, turn[place])
    overall = sorted(useful, key=lambda one: one.write_cost - gain(base, calls, one.costs))
    for option in overall[:BEST_OVERALL]:
        found.setdefault(option.candidate.body, option)
    return list(found.values())


def subsets(options: list[Option]) -> Iterable[tuple[Option, ...]]:
    """Every set of at most five."""
    for count in range(1, MOST_NEW + 1):
        yield from combinations(options, count)


def gain(base: Mapping[str, float], calls: Mapping[str, float], costs: Mapping[str, float]) -> float:
    """Return what is saved over all calls; a statement that would be dearer counts against it."""
    return sum((base[name] - cost) * calls[name] for name, cost in costs.items())


def guess(base: Mapping[str, float], calls: Mapping[str, float], chosen: tuple[Option, ...]) -> float:
    """Return what statements and writers cost with a set, each statement served by its best index."""
    reads = sum(
        min([cost, *(one.costs.get(name, cost) for one in chosen)]) * calls[name] for name, cost in base.items()
    )
    return reads + sum(one.write_cost for one in chosen)


def prune(
    base: Mapping[str, float], calls: Mapping[str, float], chosen: tuple[Option, ...],
    costs_of: Callable[[tuple[Option, ...]], Mapping[str, float]],
) -> tuple[Option, ...]:  # fmt: skip
    """Plan with the whole set, and drop every index whose absence costs less than its keeping."""
    kept = chosen
    for option in sorted(chosen, key=lambda one: gain(base, calls, one.costs)):
        rest = tuple(one for one in kept if one is not option)
        with_it, without = costs_of(kept), costs_of(rest) if rest else base
        helped = [name for name, cost in with_it.items() if cost < without[name] * HELPED]
        worth = sum((without[name] - with_it[name]) * calls[name] for name in with_it)
        whole = sum(without[name] * calls[name] for name in helped)
        if worth <= option.write_cost or worth < LEAST_GAIN * whole:
            kept = rest
    return tuple(sorted(kept, key=lambda one: -gain(base, calls, one.costs)))
