"""What is told of notifications, each to its own person alone."""

from app.core.outbox import Fact


class NotificationSent(Fact, type="notification.sent", topic="notifications", row="id", private=True):
    """Somebody was told something.

    Attributes:
        user_id: The only person who hears it.
        user: Their public id.
    """

    id: str
    user_id: int
    user: str
    kind: str
    text: str
    link: str
