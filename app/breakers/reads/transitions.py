"""What breakers did: the log of one, and the ribbons of all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

import sqlalchemy as sa

from app.breakers.models import BreakerTransition
from app.breakers.states import FORCED, State
from app.core.cursor import decode_cursor, encode_cursor
from app.core.db import db

MOST_OF_A_RIBBON = 2000
LOCAL_REST = timedelta(seconds=10)
Change = tuple[datetime, str, str]
TONES = {State.CLOSED: "good", State.OPEN: "bad", State.HALF_OPEN: "warn", **dict.fromkeys(FORCED, "held")}


@dataclass(frozen=True)
class TransitionPage:
    """Some transitions of one breaker, newest first."""

    items: Sequence[BreakerTransition]
    next_cursor: str | None


@dataclass(frozen=True)
class Stretch:
    """A part of a ribbon: where it begins and how wide it is, of 100."""

    tone: str
    x: float
    width: float


def list_transitions(name: str, *, limit: int = 50, after: str | None = None) -> TransitionPage:
    """Return what a breaker did, newest first.

    Raises:
        InvalidCursor: The position was not made here.
    """
    statement = sa.select(BreakerTransition).where(BreakerTransition.name == name)
    if after:
        at, key = decode_cursor(after, BreakerTransition.at, BreakerTransition.id)
        position = sa.tuple_(sa.literal(at), sa.literal(key))
        statement = statement.where(sa.tuple_(BreakerTransition.at, BreakerTransition.id) < position)
    newest = statement.order_by(BreakerTransition.at.desc(), BreakerTransition.id.desc()).limit(limit + 1)
    found = db.session.scalars(newest).all()
    items = found[:limit]
    more = encode_cursor(items[-1].at.isoformat(), items[-1].id) if len(found) > limit else None
    return TransitionPage(items, more)


def ribbons(start: datetime, now: datetime, by_process: Mapping[str, bool] | None = None) -> dict[str, list[Stretch]]:
    """Return what each breaker did in a span of time; one that did nothing is not among them.

    Args:
        start: Where the ribbons begin.
        now: Where they end.
        by_process: Breakers whose processes decide alone, and whether all of those are closed now: what any process
            did counts there, and one that ended while it rested does not rest for ever.
    """
    by_process = by_process or {}
    told: dict[str, list[Change]] = {}
    alone = sa.and_(BreakerTransition.reach == "process", BreakerTransition.name.in_(list(by_process)))
    for which in (BreakerTransition.reach == "fleet", alone):
        for name, at, before, after in _changes(which, start, now):
            told.setdefault(name, []).append((at, before, after))
    for name, is_closed in by_process.items():
        if is_closed and (changes := told.get(name)):
            changes.append((min(max(map(_instant_of, changes)) + LOCAL_REST, now), "", State.CLOSED.name))
    return {name: _stretches(sorted(changes, key=_instant_of), start, now) for name, changes in told.items()}


def _instant_of(change: Change) -> datetime:
    return change[0]


def _changes(
    which: sa.ColumnElement[bool], start: datetime, now: datetime
) -> Sequence[sa.Row[str, datetime, str, str]]:
    """Return the newest changes of a span, oldest first."""
    columns = (BreakerTransition.name, BreakerTransition.at, BreakerTransition.from_state, BreakerTransition.to_state)
    found = db.session.execute(
        sa.select(*columns)
        .where(which, BreakerTransition.at >= start, BreakerTransition.at <= now)
        .order_by(BreakerTransition.at.desc(), BreakerTransition.id.desc())
        .limit(MOST_OF_A_RIBBON)
    ).all()
    return found[::-1]


def _stretches(changes: list[Change], start: datetime, now: datetime) -> list[Stretch]:
    span = (now - start).total_seconds()
    edges = [(start, changes[0][1]), *((at, after) for at, _, after in changes), (now, "")]
    found = []
    for (at, state), (until, _) in pairwise(edges):
        x, width = (at - start).total_seconds() / span * 100, (until - at).total_seconds() / span * 100
        if width > 0:
            # What lasted a second must still be seen.
            found.append(Stretch(TONES[State[state]], round(x, 2), round(max(width, 0.4), 2)))
    return found
