"""Which flag waits for which: cycles to refuse at save, and the order in which flags are made at run time.

A snapshot is never trusted to be free of cycles. A prerequisite that is missing, that goes round in a circle, or
whose answer costs too many evaluations is dead: it counts as not met, whichever flag was asked first.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from app.flags.engine.model import Flag, Prerequisite

MAX_PREREQUISITES = 10  # what the editor accepts in one flag
MAX_EVALUATIONS = 64  # behind one question: it bounds time, and the depth of calls


@dataclass(frozen=True, slots=True)
class Order:
    """The flags, each after its living prerequisites.

    Attributes:
        keys: Every flag of the snapshot.
        costs: How many evaluations a flag takes; one that may be nobody's prerequisite is not in it.
        circular: Those in a circle or behind one.
    """

    keys: tuple[str, ...]
    costs: Mapping[str, int]
    circular: tuple[str, ...]

    def is_alive(self, prerequisite: Prerequisite) -> bool:
        """Return whether the prerequisite may be asked at all."""
        return prerequisite.flag in self.costs


def order_flags(flags: Mapping[str, Flag]) -> Order:
    """Put every flag after its prerequisites; those in or behind a circle come last, without a cost."""
    waits = {key: {one.flag for one in flag.settings.prerequisites if one.flag in flags} for key, flag in flags.items()}
    dependents: dict[str, list[str]] = defaultdict(list)
    for key, others in waits.items():
        for other in others:
            dependents[other].append(key)
    keys = [key for key, others in waits.items() if not others]
    costs: dict[str, int] = {}
    for key in keys:  # grows while it is walked
        cost = 1 + sum(costs.get(one.flag, 0) for one in flags[key].settings.prerequisites)
        if cost <= MAX_EVALUATIONS:
            costs[key] = cost
        for dependent in dependents[key]:
            waits[dependent].discard(key)
            if not waits[dependent]:
                keys.append(dependent)
    placed = set(keys)
    circular = tuple(key for key in flags if key not in placed)
    return Order((*keys, *circular), costs, circular)


def find_cycle(flags: Mapping[str, Flag]) -> list[str] | None:
    """Return a circle of prerequisites as a path that ends where it began (`["a", "b", "a"]`), or None."""
    circular = order_flags(flags).circular
    if not circular:
        return None
    path: dict[str, int] = {}
    key = circular[0]
    while key not in path:
        path[key] = len(path)
        # Whatever could not be placed waits for another that could not.
        key = next(one.flag for one in flags[key].settings.prerequisites if one.flag in circular)
    return [*list(path)[path[key] :], key]


def find_costly(flags: Mapping[str, Flag]) -> str | None:
    """Return a flag that takes more than MAX_EVALUATIONS to answer, or None. For a set without circles."""
    costs = order_flags(flags).costs
    return next((key for key in flags if key not in costs), None)
