"""Facts about other people's buckets. They belong to the installation."""

from app.core.outbox import Fact


class ConnectionAdded(Fact, type="connection.added", topic="connections", row="id"):
    """Somebody connected a bucket."""

    id: str
    name: str
    host: str
    bucket: str


class ConnectionChanged(Fact, type="connection.changed", topic="connections", row="id"):
    """Somebody changed it; `act` says what, never the secret."""

    id: str
    name: str
    act: str


class ConnectionRemoved(Fact, type="connection.removed", topic="connections", row="id"):
    """Somebody removed it; nothing in the bucket was touched."""

    id: str
    name: str


class ConnectionSigned(Fact, type="connection.signed", topic="connections", row="id"):
    """Somebody got a short-lived address of one of its objects."""

    id: str
    name: str
    key: str
