"""From a workload to the indexes worth making: every statement is planned as it is, with each candidate, with the set.

Nothing here reads or writes a row: statements, writes and catalogue come in, proposals go out.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from app.queries.advisor.backend import Added, Backend, CannotTell, Plan
from app.queries.advisor.candidates import candidates_of
from app.queries.advisor.choose import Option, choose, gain, write_cost
from app.queries.advisor.scans import read_scans, typical
from app.queries.advisor.types import Catalogue, Query, Scan, Table, Writes

DEARER = 1.05  # no statement may become dearer than that
COVERED_TIME = 0.95  # of all time: candidates come from the statements that take it
MOST_DEARER = 50.0  # than the planner believes
MOST_CANDIDATES = 80  # of a table; a plan takes about a millisecond
NO_WRITES = Writes()
Costs = dict[str, float]


@dataclass
class Planned:
    """A statement the backend could plan."""

    query: Query
    text: str
    plan: Plan
    cost: float
    tables: frozenset[str] = frozenset()

    @property
    def weight(self) -> float:
        """How many calls of the planner's all calls are worth.

        It plans for a company of average size, and a few large ones are who waits: where a call touched more pages than
        its plan was to cost, it counts as often more.
        """
        touched = self.query.blocks / max(self.query.calls, 1)
        dearer = min(max(touched / max(self.cost, 1.0), 1.0), MOST_DEARER)
        return max(self.query.calls, self.query.timeouts, 1) * dearer


@dataclass(frozen=True)
class Effect:
    """What an index does to one statement, in the planner's unit."""

    query: Query
    before: float
    after: float


@dataclass
class Proposal:
    """An index worth making.

    Attributes:
        effects: The statements it helps, most helped first.
        entries: How many entries the writers of the span would have given it.
    """

    table: Table
    option: Option
    effects: list[Effect]
    entries: float


@dataclass
class Findings:
    """What came of a look.

    Attributes:
        unplanned: Statements the backend could not plan, by fingerprint.
        refused: Indexes that helped some but made another dearer.
    """

    proposals: list[Proposal] = field(default_factory=list)
    planned: dict[str, Planned] = field(default_factory=dict)
    unplanned: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def quiet(done: int, total: int) -> None:
    """Tell nobody how far a look is."""


class Look:
    """One look at a workload with one backend."""

    def __init__(self, catalogue: Catalogue, backend: Backend, writes: Mapping[str, Writes]) -> None:
        self.catalogue, self.backend, self.writes = catalogue, backend, writes
        self.found = Findings()

    def run(self, queries: Sequence[Query], tell: Callable[[int, int], None] = quiet) -> Findings:
        """Plan everything, propose what helps."""
        scans = self.plan_all(queries)
        chosen: list[Option] = []
        for done, (name, of_table) in enumerate(scans.items()):
            tell(done, len(scans))
            chosen += self.choose_for(self.catalogue.tables[name], of_table)
        for option in self.harmless(chosen):
            self.found.proposals.append(self.proposal_of(option))
        return self.found

    def plan_all(self, queries: Sequence[Query]) -> dict[str, list[Scan]]:
        """Plan every statement as it is; return the scans of those that take most of the time, by table."""
        scans: dict[str, list[Scan]] = defaultdict(list)
        whole, seen = sum(query.total_ms for query in queries), 0.0
        for query in sorted(queries, key=lambda one: -one.total_ms):
            try:
                text = typical(query)
                plan = self.backend.plan(text, role=query.role)
            except CannotTell:
                self.found.unplanned.append(query.fingerprint)
                continue
            read = read_scans(query, plan, self.catalogue)
            tables = frozenset(scan.table for scan in read)
            self.found.planned[query.fingerprint] = Planned(query, text, plan, cost_of(plan), tables)
            if seen < COVERED_TIME * whole or query.timeouts:
                for scan in read:
                    scans[scan.table].append(scan)
            seen += query.total_ms
        return scans

    def choose_for(self, table: Table, scans: list[Scan]) -> tuple[Option, ...]:
        """Choose among the candidates of one table."""
        statements = {name: one for name, one in self.found.planned.items() if table.name in one.tables}
        base = {name: one.cost for name, one in statements.items()}
        calls = {name: one.weight for name, one in statements.items()}
        options = []
        for candidate in [one for one in candidates_of(table, scans) if self.backend.can(one)][:MOST_CANDIDATES]:
            try:
                added = self.backend.add(candidate)
            except CannotTell:
                continue
            costs = self.costs(statements, [added])
            options.append(Option(candidate, added, costs, write_cost(table, self.writes_of(table), candidate)))
        return choose(base, calls, options, lambda some: self.costs(statements, [one.added for one in some]))

    def writes_of(self, table: Table) -> Writes:
        """Return what is written into a table."""
        return self.writes.get(table.name, NO_WRITES)

    def costs(self, statements: Mapping[str, Planned], added: Sequence[Added]) -> Costs:
        """Plan statements with some indexes."""
        names = [one.name for one in added]
        return {name: self.cost_with(one, names) for name, one in statements.items()}

    def cost_with(self, planned: Planned, names: Sequence[str]) -> float:
        """Plan one statement with some indexes; what cannot be planned with them costs what it did."""
        try:
            return cost_of(self.backend.plan(planned.text, role=planned.query.role, with_indexes=names))
        except CannotTell:
            return planned.cost

    def harmless(self, chosen: list[Option]) -> list[Option]:
        """Plan the whole workload with all that was chosen, and take out what makes any statement dearer."""
        while chosen:
            names = [one.added.name for one in chosen]
            harmed = next(
                (one for one in self.found.planned.values() if self.cost_with(one, names) > one.cost * DEARER + 0.01),
                None,
            )
            if harmed is None:
                break
            without = {
                one.added.name: self.cost_with(harmed, [n for n in names if n != one.added.name]) for one in chosen
            }
            worst = min(chosen, key=lambda one: without[one.added.name])
            self.found.refused.append(worst.candidate.body)
            chosen = [one for one in chosen if one is not worst]
        return chosen

    def proposal_of(self, option: Option) -> Proposal:
        """Say what a chosen index does to which statement."""
        table = self.catalogue.tables[option.candidate.table]
        effects = [
            Effect(self.found.planned[name].query, self.found.planned[name].cost, cost)
            for name, cost in option.costs.items()
            if cost < self.found.planned[name].cost * 0.95
        ]
        effects.sort(key=lambda one: -(one.before - one.after) * max(one.query.calls, 1))
        return Proposal(table, option, effects, self.writes_of(table).entries_for(option.candidate.columns))


def cost_of(plan: Plan) -> float:
    """Return what the planner believes a plan to cost."""
    return float(plan["Total Cost"])


__all__ = ["Effect", "Findings", "Look", "Planned", "Proposal", "cost_of", "gain"]
