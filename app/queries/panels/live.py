"""What runs now and who waits for whom, read for a page or for JSON."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from app.queries.panels.activity import Backend, running
from app.queries.panels.connections import Room, read_room
from app.queries.panels.locks import Node, blocking_tree
from app.queries.panels.reading import Board, Reading, Rights, board
from app.queries.panels.stopping import held_up_by
from app.queries.panels.texts import Text, texts_of

MOMENT_S = 1.0  # between two statements of a transaction a backend is idle, this page's own among them


@dataclass(frozen=True)
class Running:
    """One backend with what is known of its statement.

    Attributes:
        text: Its whole statement where it is kept, else what the server shows of it; never with a value.
        fingerprint: Names the statement's page; empty when it is not kept.
        holds_up: How many wait for it, also through others.
    """

    backend: Backend
    text: str
    fingerprint: str
    holds_up: int


@dataclass(frozen=True)
class LiveView:
    """Everything that happens in this database now. `texts` are the statements of all backends here, by pid."""

    running: Reading[Running]
    locks: Reading[Node]
    room: Reading[Room]
    rights: Rights
    texts: dict[int, Text] = field(default_factory=dict)

    @property
    def waiting(self) -> int:
        """How many wait for somebody."""
        return sum(one.wait is not None for one in self.locks.items)


def read_live() -> LiveView:
    """Read what runs, who waits, and how many connections there are."""
    with board() as panels:
        found = panels.read("activity", running, needs_stats=True)
        locks = _read_locks(panels, found)
        room = panels.read("room", read_room)
        rights = panels.rights()
    shown = [one for one in found.items if _is_worth_showing(one, found.items)]
    texts = texts_of([*shown, *(each.backend for each in locks.items if each.backend)])
    views = [_running(one, texts, found.items) for one in shown]
    return LiveView(Reading(views, found.missing, found.mend), locks, room, rights, texts)


def _read_locks(panels: Board, found: Reading[Backend]) -> Reading[Node]:
    """Read the tree; without the backends there is none."""
    if found.missing and not found.items:
        return Reading(missing=found.missing, mend=found.mend)
    tree = panels.read("locks", lambda link: blocking_tree(link, found.items))
    return Reading(tree.items, tree.missing or found.missing, tree.mend or found.mend)


def _is_worth_showing(one: Backend, everybody: Sequence[Backend]) -> bool:
    return not one.is_idle or one.runs_s >= MOMENT_S or held_up_by(everybody, one.pid) > 0


def _running(one: Backend, texts: dict[int, Text], everybody: Sequence[Backend]) -> Running:
    known = texts[one.pid]
    return Running(one, known.text, known.fingerprint, held_up_by(everybody, one.pid))
