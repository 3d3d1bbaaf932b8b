"""Questions about one's own notifications; each names the person, because a company's people share the rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import sqlalchemy as sa

from app.core.cursor import decode_cursor, encode_cursor
from app.core.db import db
from app.core.ids import UserId
from app.notifications.models import Notification

COUNT_BOUND = 99
LATELY = 50  # of so many the menu is folded
# As text: every page asks it, and building it each time took as long as asking.
_BELL = sa.text(
    "SELECT count(*), max(id) FROM (SELECT id FROM notifications WHERE user_id = :user_id AND read_at IS NULL "
    "ORDER BY id DESC LIMIT :most) unread"
)


@dataclass(frozen=True)
class NotificationPage:
    """One page, newest first."""

    items: Sequence[Notification]
    next_cursor: str | None


class Bell(NamedTuple):
    """What the bell of the top bar says; `newest` is the id of the newest one that is counted."""

    unread: int
    newest: str | None


def list_notifications(
    user_id: UserId, *, limit: int = 50, after: str | None = None, kind: str | None = None
) -> NotificationPage:
    """Return what somebody was told, newest first; of one kind, if asked."""
    statement = (
        sa.select(Notification)
        .where(Notification.user_id == user_id)
        .order_by(Notification.id.desc())
        .limit(limit + 1)
    )  # fmt: skip
    if kind:
        statement = statement.where(Notification.kind == kind)
    if after:
        statement = statement.where(Notification.id < decode_cursor(after, Notification.id)[0])
    found = db.session.scalars(statement).all()
    return NotificationPage(found[:limit], encode_cursor(found[limit - 1].id) if len(found) > limit else None)


@dataclass(frozen=True)
class Told:
    """One row of the menu: the newest of a kind, and how many more of it were told lately."""

    newest: Notification
    more: int
    unread: int


def list_folded(user_id: UserId, *, rows: int) -> list[Told]:
    """Return what somebody was told lately, a row for each kind: ten alarms of a kind do not hide the report that is ready.

    Args:
        user_id: Who.
        rows: How many kinds at most.
    """
    found: dict[str, list[Notification]] = {}
    for one in list_notifications(user_id, limit=LATELY).items:
        found.setdefault(one.kind, []).append(one)
    return [Told(same[0], len(same) - 1, sum(one.read_at is None for one in same)) for same in found.values()][:rows]


def count_unread(user_id: UserId) -> int:
    """Return how many somebody has not read, counted to just above 99."""
    return read_bell(user_id).unread


def read_bell(user_id: UserId) -> Bell:
    """Return how many somebody has not read, counted to just above 99, and the newest of them."""
    return Bell(*db.session.execute(_BELL, {"user_id": user_id, "most": COUNT_BOUND + 1}).one())
