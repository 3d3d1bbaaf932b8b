"""What an import tells: one fact a run, after which open pages read again, instead of thousands."""

from app.core.outbox import Fact


class OrdersImported(Fact, type="orders.imported", topic="orders"):
    """Orders were imported from a file."""

    import_id: str
    count: int


class InventoryImported(Fact, type="inventory.imported", topic="inventory"):
    """Items were created or changed by a file."""

    import_id: str
    count: int
