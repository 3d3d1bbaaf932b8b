"""What somebody missed: for pages the rows as they are now, for scripts the facts themselves."""

from collections.abc import Iterator

from flask import Flask

from app.core import events_log
from app.core.auth import Principal
from app.core.events_log import Key, Logged
from app.core.live_windows import Message, epoch_of, make_message

MOST_FACTS = 300
MOST_ROWS = 100
PAGE = 500


def replay_rows(app: Flask, key: Key, after: int, head: int) -> Message | None:
    """Return one message that brings a page from `after` to `head`; None when it is there already.

    Too much, or a fact about many rows, and the page is told to read itself again.
    """
    if after == head:
        return None
    reset = {"topic": key[1], "from": after, "to": head, "ids": [], "rows": [], "gone": [], "reset": True}
    with app.app_context():
        if after > head or head - after > MOST_FACTS:
            return reset | {"epoch": epoch_of(app)}
        facts = events_log.read_after(key, after, MOST_FACTS)
        changed = {fact.row_id: None for fact in facts if fact.user_id is None}
        if None in changed or len(changed) > MOST_ROWS or not facts or facts[0].seq != after + 1:
            return reset | {"epoch": epoch_of(app)}
    return make_message(app, key, after, max(head, facts[-1].seq), [row_id for row_id in changed if row_id])


def read_events(key: Key, who: Principal, after: int, limit: int) -> tuple[list[Logged], int]:
    """Return the facts somebody may see after a position, and the position they bring them to.

    Facts for one other person or another role are left out; the position passes over them.
    """
    facts = events_log.read_after(key, after, limit)
    through = facts[-1].seq if facts else after
    return [fact for fact in facts if fact.is_for(who.user_id, who.role)], through


def pages_after(app: Flask, key: Key, who: Principal, after: int) -> Iterator[tuple[list[Logged], int]]:
    """Yield page after page until the log has no more."""
    while True:
        with app.app_context():
            facts, through = read_events(key, who, after, PAGE)
        if through == after:
            return
        after = through
        yield facts, through
