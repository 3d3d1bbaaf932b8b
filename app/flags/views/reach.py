"""Who a flag is on for: of the companies or people this installation knows, and by which step."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from app.accounts import reads as accounts
from app.flags.engine.answers import is_on
from app.flags.engine.evaluate import Table
from app.flags.engine.hashing import place
from app.flags.engine.model import Decider, Flag, Scope
from app.flags.views.wording import units

MOST = 10_000  # looked at; more are said to be more
MARKS = 60  # drawn; closer ones could not be told apart
NAMED = 8
BY = {
    Decider.ALLOW: "by name",
    Decider.RULE: "by a rule",
    Decider.TARGETING: "by its targeting",
    Decider.PERCENTAGE: "by draw",
}


@dataclass(frozen=True, slots=True)
class Somebody:
    """A company or a person, as flags are asked about them."""

    target: str
    name: str
    context: dict[str, Any]


@dataclass(slots=True)
class Reach:
    """Who is in.

    Attributes:
        total: How many were looked at; `is_cut` when there are more.
        others: Targets on the allow list that are none of them.
        on: Target → name of those it is on for.
        by: How many by which step.
        marks: Where those stand who reach the draw, in thousandths of a percent, with their names.
    """

    scope: Scope
    total: int = 0
    is_cut: bool = False
    others: int = 0
    on: dict[str, str] = field(default_factory=dict)
    by: Counter[Decider] = field(default_factory=Counter)
    marks: list[tuple[int, str]] = field(default_factory=list)

    @property
    def whole(self) -> str:
        """All that were looked at: `8 companies`, `the first 10,000 people`."""
        text = units(self.scope, self.total)
        return f"the first {text}" if self.is_cut else text

    @property
    def listed(self) -> str:
        """Who is let in beside those that were looked at: ` and 100,000 other ids on the allow list`."""
        ids = "other id" if self.others == 1 else "other ids"
        return f" and {self.others:,} {ids} on the allow list" if self.others else ""

    @property
    def ways(self) -> str:
        """How those inside got in: `2 by name, 1 by draw`."""
        return ", ".join(f"{self.by[decider]:,} {words}" for decider, words in BY.items() if self.by[decider])


@dataclass(frozen=True, slots=True)
class Change:
    """What a change of a flag does to whom: those let in and those put out, by name."""

    before: Reach
    after: Reach

    @property
    def let_in(self) -> list[str]:
        """Names of who gets it now and did not before."""
        return sorted(name for target, name in self.after.on.items() if target not in self.before.on)

    @property
    def put_out(self) -> list[str]:
        """Names of who had it and does not get it any more."""
        return sorted(name for target, name in self.before.on.items() if target not in self.after.on)


def known(scope: Scope) -> Iterator[Somebody]:
    """Return whom a flag of this scope may be about, one more than are looked at."""
    if scope is Scope.COMPANY:
        rows, _ = accounts.list_companies(limit=MOST + 1)
        for row in rows:
            if row.type != "platform":
                yield Somebody(row.slug, row.name, {"targetingKey": row.slug, "company": row.slug})
    elif scope is Scope.USER:
        for row in accounts.list_everybody(limit=MOST + 1):
            context = {"targetingKey": row.id, "user": row.id, "role": row.role, "company": row.company}
            yield Somebody(row.id, row.name, context)


def known_companies(most: int = 200) -> list[dict[str, str]]:
    """Return the first companies, to choose from."""
    rows, _ = accounts.list_companies(limit=most)
    return [{"slug": row.slug, "name": row.name} for row in rows if row.type != "platform"]


def reach_of(table: Table, flag: Flag) -> Reach:
    """Return whom a flag is on for. A global flag is on for everybody or nobody, so nobody is looked at."""
    reach = Reach(flag.scope)
    for somebody in known(flag.scope):
        if reach.total == MOST:
            reach.is_cut = True
            break
        reach.total += 1
        context = {"environment": table.snapshot.environment, **somebody.context}
        made = table.peek(flag.key, context)
        if is_on(flag, made):
            reach.on[somebody.target] = somebody.name
            if made.decider is not None:
                reach.by[made.decider] += 1
        if made.decider in {Decider.PERCENTAGE, Decider.DEFAULT} and len(reach.marks) < MARKS:
            reach.marks.append((place(flag.salt, somebody.target), somebody.name))
    if flag.settings.enabled and flag.scope is not Scope.GLOBAL:
        reach.others = len(flag.settings.allow) - reach.by[Decider.ALLOW]
    return reach


def names_of(scope: Scope, targets: list[str]) -> dict[str, str]:
    """Return what people call some targets of a list; unknown ones are left out."""
    if scope is Scope.COMPANY:
        return accounts.names_of_companies(targets)
    return accounts.names_of_people(targets) if scope is Scope.USER else {}


def say_names(names: list[str]) -> str:
    """Return the first names and how many more: `Harbour Optical, Northwind Lenses and 3 more`."""
    shown = names[:NAMED]
    if len(names) > len(shown):
        return f"{', '.join(shown)} and {len(names) - len(shown):,} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else "".join(shown)
