"""Notifications as JSON."""

from pydantic import Field

from app.core.shapes import Answer, Instant, OptionalText, Shape


class NotificationQuery(Shape):
    """Which page, and of which kind if only one is wanted."""

    limit: int = Field(50, ge=1, le=200)
    after: str | None = Field(None, max_length=300)
    kind: OptionalText | None = None


class NotificationOut(Answer):
    """One thing somebody was told; `readAt` is null until they read it."""

    id: str
    kind: str
    text: str
    link: str
    created_at: Instant
    read_at: Instant | None


class NotificationsOut(Answer):
    """A page of them, newest first, and how many are unread; `isBounded` when there are more than `unread` says."""

    items: list[NotificationOut]
    unread: int
    is_bounded: bool
    next_cursor: str | None


class MailForm(Shape):
    """Whether news come by mail too."""

    on: bool = False
