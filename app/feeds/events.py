"""What happened to feeds. Never the token, and of the address the host alone: the rest may hold a key."""

from app.core.outbox import Fact


class FeedAdded(Fact, type="feed.added", topic="feeds"):
    """A partner's feed was written down."""

    id: str
    name: str
    host: str


class FeedChanged(Fact, type="feed.changed", topic="feeds"):
    """A feed was changed.

    Attributes:
        act: changed, paused, resumed, or "set back to the beginning".
    """

    id: str
    name: str
    act: str


class FeedSynced(Fact, type="feed.synced", topic="feeds"):
    """A run brought something."""

    id: str
    name: str
    placed: int
    refused: int
