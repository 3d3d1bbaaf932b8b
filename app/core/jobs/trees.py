"""Several jobs queued at once that wait for each other: chains, groups and chords, nested as you like.

    chain([Call("feeds.pull", {"feed": 7}, "Pull feed 7"), group([Call(…), Call(…)]), Call("feeds.report", {}, "Report")])

All of it is written in one transaction. A job waits for those before it; when one of these fails or is
cancelled, so is all that waits for it. Nothing is passed from one to the next but what they write down.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from app.core.db import db, transaction
from app.core.errors import NotFound
from app.core.jobs import ledger
from app.core.jobs.adding import Options, add_new
from app.core.jobs.cause import caused_by, current_cause
from app.core.jobs.model import Job
from app.core.jobs.rules import RULES


@dataclass(frozen=True)
class Call:
    """One job of a tree.

    Attributes:
        name: As declared.
        args: By the names of the function's parameters.
        title: What people read.
        priority: -9 to 9.
    """

    name: str
    args: dict[str, Any]  # Any: JSON values
    title: str
    priority: int = 0


@dataclass(frozen=True)
class Chain:
    """One after the other."""

    steps: Sequence["Node"]


@dataclass(frozen=True)
class Group:
    """Beside each other."""

    members: Sequence["Node"]


@dataclass(frozen=True)
class Chord:
    """Beside each other, and then one more."""

    header: Sequence["Node"]
    then: "Node"


Node = Call | Chain | Group | Chord


def chain(steps: Sequence[Node]) -> list[str]:
    """Queue jobs that run one after the other; return all ids, in the order of the tree."""
    return plant(Chain(steps))


def group(members: Sequence[Node]) -> list[str]:
    """Queue jobs that run beside each other; return all ids."""
    return plant(Group(members))


def chord(header: Sequence[Node], then: Node) -> list[str]:
    """Queue jobs that run beside each other and one that runs when all are done; return all ids, its own last."""
    return plant(Chord(header, then))


def plant(tree: Node) -> list[str]:
    """Queue a whole tree in the current transaction; return all ids, in the order of the tree.

    Its first job is the root of the others, unless a running job queues it: then that one is above them all.
    """
    planted: list[str] = []
    with transaction():
        _plant(tree, (), planted)
    return planted


def _plant(node: Node, after: Sequence[str], planted: list[str]) -> Sequence[str]:
    """Queue a part of the tree; return what the next part has to wait for."""
    match node:
        case Call():
            return (_add(node, after, planted),)
        case Chain():
            for one in node.steps:
                after = _plant(one, after, planted)
            return after
        case Group():
            ends = [end for one in node.members for end in _plant(one, after, planted)]
            return ends or after
        case Chord():
            return _plant(node.then, _plant(Group(node.header), after, planted), planted)


def _add(call: Call, after: Sequence[str], planted: list[str]) -> str:
    """Queue one job below the one it waits for, or below what runs here."""
    rules, options = RULES[call.name], Options(priority=call.priority, after=after)
    args, above = rules.bind(**call.args), current_cause()
    root_id = above.root_id or (planted[0] if planted else "")
    parent_id = after[-1] if after else above.parent_id
    if root_id:
        with caused_by(parent_id, root_id):
            planted.append(add_new(rules, args, title=call.title, options=options))
    else:
        planted.append(add_new(rules, args, title=call.title, options=options))
    return planted[-1]


def cancel_tree(job_id: str) -> int:
    """Cancel a job and all below it; running ones stop at their next step. Return how many were alive.

    Raises:
        NotFound: There is no such job here.
    """
    with transaction():
        root_id = db.session.scalar(sa.select(Job.root_id).where(Job.id == job_id))
        if root_id is None:
            raise NotFound
        rows = db.session.execute(
            sa.select(Job.id, Job.parent_id, Job.state).where(sa.or_(Job.root_id == root_id, Job.id == root_id))
        ).all()
        below = _below(job_id, {row.id: row.parent_id for row in rows})
        for one in reversed(below):  # the last first: nothing is cancelled for want of the one before
            ledger.ask_to_stop(one)
    return sum(not row.state.is_over for row in rows if row.id in below)


def _below(job_id: str, parent_of: dict[str, str | None]) -> list[str]:
    """Return a job and all below it, parents first."""
    children: dict[str | None, list[str]] = {}
    for child, parent in parent_of.items():
        children.setdefault(parent, []).append(child)
    found = [job_id]
    for one in found:  # it grows while we walk
        found.extend(children.get(one, ()))
    return found
