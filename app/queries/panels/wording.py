"""The one sentence of each page, and how its figures are written."""

from dataclasses import dataclass

from app.core.present import format_duration, plural
from app.queries.panels.connections import Room
from app.queries.panels.live import LiveView
from app.queries.panels.locks import Node
from app.queries.panels.sequences import Sequence
from app.queries.panels.standing import Standing
from app.queries.words import percent

LONG_WAIT_S, LONG_RUN_S, LONG_IDLE_S = 10.0, 30.0, 60.0
FULL_ROOM, FAR_S = 0.8, 10.0
POOR_HITS, ENOUGH_BLOCKS = 0.95, 100_000
LAG_S = 5.0


@dataclass(frozen=True)
class Verdict:
    """A sentence and its tone: good, warn, bad or idle. `strong` stands out at its beginning."""

    tone: str
    strong: str
    text: str


def live_verdict(view: LiveView) -> Verdict:
    """Return what is worst about what runs now."""
    if view.running.missing and not view.running.items and not view.rights.may_read:
        return Verdict("idle", "What runs now is not known.", view.running.missing)
    roots = [one for one in view.locks.items if not one.depth]
    if roots:
        return _blocked(roots[0], view)
    longest = max((one for one in view.running.items if not one.backend.is_idle), key=lambda one: one.backend.runs_s, default=None)  # fmt: skip
    idle = max((one.backend for one in view.running.items if one.backend.is_idle), key=lambda one: one.runs_s, default=None)  # fmt: skip
    if idle is not None and idle.runs_s >= LONG_IDLE_S:
        held = "its locks, and what it could still see cannot be cleared away"
        return Verdict(
            "warn", f"Backend {idle.pid} has held a transaction open for {format_duration(idle.runs_s)}",
            f"and does nothing. It keeps {held}.",
        )  # fmt: skip
    if longest is not None and longest.backend.runs_s >= LONG_RUN_S:
        return Verdict(
            "warn", f"Backend {longest.backend.pid} has run one statement for {format_duration(longest.backend.runs_s)}.",
            "Nothing waits for it.",
        )  # fmt: skip
    if not view.running.items:
        return Verdict("good", "Nothing runs at this moment,", "and nothing waits for a lock.")
    text = f"{plural(len(view.running.items), 'statement')} {'runs' if len(view.running.items) == 1 else 'run'}"
    return Verdict("good", "Nothing waits for a lock.", f"{text} at this moment.")


def standing_verdict(view: Standing) -> Verdict:
    """Return what is worst about how the database is."""
    for found in (_old(view), _ending(view), _full(view), _behind(view), _poor(view)):
        if found is not None:
            return found
    if not view.database.items:
        return Verdict("idle", "How the database is, is not known.", view.database.missing)
    due = sum(one.due > 0 for one in view.tables.items)
    rest = f" {plural(due, 'table')} {'waits' if due == 1 else 'wait'} for autovacuum." if due else ""
    return Verdict(
        "good", "The database is in order.", f"No sequence nears its end, nothing is too old to be cleared.{rest}"
    )


def _blocked(root: Node, view: LiveView) -> Verdict:
    waited = max((one.wait.waited_s for one in view.locks.items if one.wait), default=0.0)
    who = f"Backend {root.pid}" if root.pid else "A prepared transaction"
    said = f"{who} holds up {plural(root.holds_up, 'other')}"
    holding = f"It holds {root.holds}. " if root.holds else ""
    others = view.waiting - root.holds_up
    more = f" {plural(others, 'other')} wait elsewhere." if others > 0 else ""
    longest = f"The longest has waited {format_duration(waited)}."
    return Verdict("bad" if waited >= LONG_WAIT_S else "warn", f"{said}.", f"{holding}{longest}{more}")


def _old(view: Standing) -> Verdict | None:
    worst = next((one for one in view.ages.items if one.is_old), None)
    if worst is None:
        return None
    return Verdict(
        "bad", f"Vacuum does not keep up in {worst.database}:",
        f"{percent(worst.used_share)} of the way to where PostgreSQL takes no more writes is gone.",
    )  # fmt: skip


def _ending(view: Standing) -> Verdict | None:
    worst = next((one for one in view.sequences.items if one.is_near), None)
    return None if worst is None else Verdict("bad", f"{ends(worst)}.", "After that, no row can be added to its table.")


def _full(view: Standing) -> Verdict | None:
    room: Room | None = next(iter(view.room.items), None)
    if room is None or room.used_share < FULL_ROOM:
        return None
    return Verdict(
        "warn", f"{room.used} of {room.most - room.reserved} connections are taken.", "The rest may go at once."
    )


def _behind(view: Standing) -> Verdict | None:
    worst = max(view.replicas.items, key=lambda one: one.lag_s or 0.0, default=None)
    if worst is None or (worst.lag_s or 0.0) < LAG_S:
        return None
    return Verdict("warn", f"The replica {worst.name} is {format_duration(worst.lag_s or 0.0)} behind.", "")


def _poor(view: Standing) -> Verdict | None:
    database = next(iter(view.database.items), None)
    if database is None or database.hit + database.read < ENOUGH_BLOCKS or (database.hit_share or 1.0) >= POOR_HITS:
        return None
    return Verdict(
        "warn", f"Only {percent(database.hit_share)} of what is read is found in memory.",
        "The rest is asked of the system: what is read most does not fit.",
    )  # fmt: skip


def ends(one: Sequence) -> str:
    """Return how far a sequence has come, in words."""
    whose = f" of {one.table}.{one.column}" if one.table else ""
    return f"The sequence {one.name}{whose} is {percent(one.used_share)} used"
