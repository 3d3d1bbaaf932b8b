"""Questions about one's own notifications; each names the person, because a company's people share the rows."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from app.core.cursor import decode_cursor, encode_cursor
from app.core.db import db
from app.core.ids import UserId
from app.notifications.models import Notification

COUNT_BOUND = 99


@dataclass(frozen=True)
class NotificationPage:
    """One page, newest first."""

    items: Sequence[Notification]
    next_cursor: str | None


def list_notifications(user_id: UserId, *, limit: int = 50, after: str | None = None) -> NotificationPage:
    """Return what somebody was told, newest first."""
    statement = (
        sa.select(Notification)
        .where(Notification.user_id == user_id)
        .order_by(Notification.id.desc())
        .limit(limit + 1)
    )  # fmt: skip
    if after:
        statement = statement.where(Notification.id < decode_cursor(after, parts=1)[0])
    found = db.session.scalars(statement).all()
    return NotificationPage(found[:limit], encode_cursor(found[limit - 1].id) if len(found) > limit else None)


def count_unread(user_id: UserId) -> int:
    """Return how many somebody has not read, counted to just above 99."""
    unread = (
        sa.select(Notification.id)
        .where(Notification.user_id == user_id, Notification.read_at.is_(None))
        .limit(COUNT_BOUND + 1)
        .subquery()
    )
    return db.session.scalar(sa.select(sa.func.count()).select_from(unread)) or 0
