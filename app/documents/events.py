"""What happened to documents."""

from app.core.outbox import Fact


class DocumentAdded(Fact, type="document.added", topic="documents"):
    """Somebody sent a document in."""

    id: str
    file_name: str
    kind: str


class DocumentOrdered(Fact, type="document.ordered", topic="documents"):
    """Somebody made an order of what was read."""

    id: str
    file_name: str
    number: int


class DocumentDiscarded(Fact, type="document.discarded", topic="documents"):
    """Somebody said that no order comes of it."""

    id: str
    file_name: str
