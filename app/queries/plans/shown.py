"""The plans of one statement that a page shows: now, the one before, the one that was run, and what differs."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

import sqlalchemy as sa

from app.core.db import db
from app.queries.models import Plan
from app.queries.plans.tree import PlanNode, PlanTree, read_tree

MOST = 12  # shapes of one statement that are looked at


@dataclass(frozen=True)
class Difference:
    """One row of two plans beside each other: `sign` is "+", "-" or ""."""

    sign: str
    node: PlanNode


@dataclass(frozen=True)
class Shown:
    """What the section of a page shows.

    Attributes:
        which: `now`, `before`, `run` or `diff`.
        known: Which of these there are.
        plan: The one whose rows are shown; None for a difference, and when nothing is known.
    """

    which: str
    known: list[str]
    plan: Plan | None = None
    tree: PlanTree | None = None
    differences: Sequence[Difference] = ()


def show_plans(fingerprint: str, which: str = "") -> Shown:
    """Return the plans of a statement.

    Args:
        which: As the address asks; what is not there counts as the newest.
    """
    newest = sa.select(Plan).where(Plan.fingerprint == fingerprint).order_by(Plan.last_seen_at.desc(), Plan.id.desc())
    rows = db.session.scalars(newest.limit(MOST)).all()
    generic = [row for row in rows if row.how == "generic"]
    run = next((row for row in rows if row.how == "analyze"), None)
    found = dict(zip(("now", "before"), generic, strict=False))
    if run is not None:
        found["run"] = run
    known = [*found, *(["diff"] if "before" in found else [])]
    if not known:
        return Shown("", [])
    chosen = which if which in known else known[0]
    if chosen == "diff":
        return Shown(chosen, known, differences=compare(read_tree(found["before"].plan), read_tree(found["now"].plan)))
    return Shown(chosen, known, found[chosen], read_tree(found[chosen].plan))


def compare(before: PlanTree, now: PlanTree) -> list[Difference]:
    """Return both plans' rows, those that are in one alone with their sign."""
    was, is_now = lines_of(before), lines_of(now)
    found: list[Difference] = []
    for tag, a, b, c, d in SequenceMatcher(None, was, is_now, autojunk=False).get_opcodes():
        if tag == "equal":
            found += [Difference("", node) for node in now.nodes[c:d]]
        else:
            found += [Difference("-", node) for node in before.nodes[a:b]]
            found += [Difference("+", node) for node in now.nodes[c:d]]
    return found


def lines_of(tree: PlanTree) -> list[str]:
    """Return what makes a node the same as another one."""
    return [f"{node.depth} {node.name} {node.target}" for node in tree.nodes]
