"""From a workload to the indexes worth making: every statement is planned as it is, with each candidate, with the set.

Nothing here reads or writes a row: statements, writes and catalogue come in, proposals go out.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from app.queries.advisor.backend import Added, Backend, CannotTell, Plan
from app.queries.advisor.candidates import candidates_of
from app.queries.advisor.choose import Option, choose, gain, write_cost
from app.queries.advisor.prices import Prices, cost_of
from app.queries.advisor.rank import ranked, without_idle
from app.queries.advisor.scans import read_scans, typical
from app.queries.advisor.types import Candidate, Catalogue, Query, Scan, Table, Writes

DEARER = 1.05  # no statement may become dearer than that
IDLE = 0.01  # of what all statements cost: an index that saves less of it is one more to keep for nothing
COVERED_TIME = 0.99  # of all time: candidates come from the statements that take it
MOST_WRONG = 50.0  # times the planner may be believed to be, either way
MOST_CANDIDATES = 80  # of a table; a plan takes about a millisecond
NO_WRITES = Writes()
Costs = dict[str, float]


@dataclass
class Planned:
    """A statement the backend could plan.

    Attributes:
        cost: What a call costs now, in the planner's unit.
        scale: Pages a call touched for one of that unit; what the planner is wrong about is wrong with every index.
    """

    query: Query
    text: str
    plan: Plan
    cost: float
    tables: frozenset[str] = frozenset()
    scale: float = 1.0

    @property
    def weight(self) -> float:
        """How often a unit of the planner's was paid: all calls, in pages they really touched."""
        return max(self.query.calls, self.query.timeouts, 1) * self.scale


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
        share: Of what all statements cost, what it saves beside the proposals before it.
    """

    table: Table
    option: Option
    effects: list[Effect]
    entries: float
    share: float = 0.0


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
        self.prices = Prices(catalogue, backend)
        self._costs: dict[tuple[str, frozenset[str]], float] = {}
        self.found = Findings()

    def run(self, queries: Sequence[Query], tell: Callable[[int, int], None] = quiet) -> Findings:
        """Plan everything, propose what helps."""
        scans = self.plan_all(queries)
        chosen: list[Option] = []
        for done, (name, of_table) in enumerate(scans.items()):
            tell(done, len(scans))
            chosen += self.choose_for(self.catalogue.tables[name], of_table)
        useful = without_idle(chosen, self.whole, IDLE * self.whole([]))
        self.propose(self.harmless(useful))
        return self.found

    def propose(self, chosen: Sequence[Option]) -> None:
        """Note what was chosen as proposals, most useful first."""
        whole = max(self.whole([]), 1.0)
        for option, saved in ranked(chosen, self.whole):
            self.found.proposals.append(self.proposal_of(option, saved / whole))

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
            cost = self.prices.known(plan, query)
            self.found.planned[query.fingerprint] = Planned(query, text, plan, cost, tables)
            if seen < COVERED_TIME * whole or query.timeouts:
                for scan in read:
                    scans[scan.table].append(scan)
            seen += query.total_ms
        self.weigh()
        return scans

    def weigh(self) -> None:
        """Scale costs to what calls touched; the pages of a call are shared by what it runs inside functions.

        What a stopped call would have touched nobody knows; it counts as much as anything can.
        """
        groups: dict[str, list[Planned]] = defaultdict(list)
        for fingerprint, planned in self.found.planned.items():
            groups[fingerprint.partition(" ")[0]].append(planned)
        for group in groups.values():
            touched = group[0].query.blocks / max(group[0].query.calls, 1)
            wrong = touched / max(sum(one.cost for one in group), 1.0)
            if group[0].query.timeouts:
                wrong = MOST_WRONG
            elif not touched:
                wrong = 1.0
            for planned in group:
                planned.scale = min(max(wrong, 1 / MOST_WRONG), MOST_WRONG)

    def choose_for(self, table: Table, scans: list[Scan]) -> tuple[Option, ...]:
        """Choose among the candidates of one table."""
        statements = {name: one for name, one in self.found.planned.items() if table.name in one.tables}
        base = {name: one.cost for name, one in statements.items()}
        calls = {name: one.weight for name, one in statements.items()}
        candidates = [one for one in candidates_of(table, scans) if self.backend.can(one)][:MOST_CANDIDATES]
        options = [option for one in candidates if (option := self.option_of(table, one, statements)) is not None]
        return choose(base, calls, options, lambda some: self.costs(statements, [one.added for one in some]))

    def option_of(self, table: Table, candidate: Candidate, statements: Mapping[str, Planned]) -> Option | None:
        """Try a candidate by itself; None when the backend cannot have it."""
        try:
            added = self.backend.add(candidate)
        except CannotTell:
            return None
        self.prices.keys[added.shown or added.name] = tuple(key.sql() for key in candidate.keys)
        costs = self.costs(statements, [added])
        return Option(candidate, added, costs, write_cost(table, self.writes_of(table), candidate))

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
            plan = self.backend.plan(planned.text, role=planned.query.role, with_indexes=names)
        except CannotTell:
            return planned.cost
        return planned.cost if cost_of(plan) == cost_of(planned.plan) else self.prices.of(plan)

    def whole(self, chosen: Sequence[Option]) -> float:
        """Return what all statements and writers cost with some indexes; each statement is planned with those of its tables."""
        names = {one.added.name: one.candidate.table for one in chosen}
        reads = 0.0
        for fingerprint, planned in self.found.planned.items():
            used = frozenset(name for name, table in names.items() if table in planned.tables)
            if (fingerprint, used) not in self._costs:
                self._costs[fingerprint, used] = self.cost_with(planned, sorted(used)) if used else planned.cost
            reads += self._costs[fingerprint, used] * planned.weight
        return reads + sum(one.write_cost for one in chosen)

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

    def proposal_of(self, option: Option, share: float) -> Proposal:
        """Say what a chosen index does to which statement."""
        table = self.catalogue.tables[option.candidate.table]
        effects = [
            Effect(self.found.planned[name].query, self.found.planned[name].cost, cost)
            for name, cost in option.costs.items()
            if cost < self.found.planned[name].cost * 0.95
        ]
        effects.sort(key=lambda one: -(one.before - one.after) * max(one.query.calls, 1))
        return Proposal(table, option, effects, self.writes_of(table).entries_for(option.candidate.columns), share)


__all__ = ["Effect", "Findings", "Look", "Planned", "Proposal", "gain"]
