"""What happened to proposals. The reorder point itself is the inventory's, and its fact is told there."""

from app.core.outbox import Fact


class ReorderProposed(Fact, type="reorder.proposed", topic="inventory"):
    """Reorder points were proposed; none has changed by it."""

    count: int


class ReorderDecided(Fact, type="reorder.decided", topic="inventory"):
    """Somebody accepted or dismissed a proposed reorder point, or took the decision back.

    Attributes:
        decision: accepted, dismissed or reopened.
    """

    item_id: int
    sku: str
    decision: str
    before: int
    proposed: int
