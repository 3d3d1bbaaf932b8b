"""What happened to stock. `delta` is the change of the stock on hand; a reservation changes `reserved` only."""

from typing import Any

from app.core.outbox import Fact


class InventoryUpdated(Fact, type="inventory.updated", topic="inventory", row="item_id"):
    """A product's stock or details changed."""

    item_id: int
    sku: str
    name: str
    on_hand: int
    reserved: int
    available: int
    delta: int
    reason: str
    version: int
    order_number: int | None = None
    changes: dict[str, Any] | None = None


class AssetUpdated(Fact, type="asset.updated", topic="inventory", row="item_id"):
    """An asset's stock or details changed."""

    item_id: int
    sku: str
    name: str
    on_hand: int
    reserved: int
    available: int
    delta: int
    reason: str
    version: int
    order_number: int | None = None
    changes: dict[str, Any] | None = None


class AlertTriggered(Fact, type="alert.triggered", topic="alerts"):
    """Somebody should look: here, an item fell to its reorder point or ran out.

    Attributes:
        alert: `stock.low` or `stock.out`.
        severity: `warning` or `critical`.
        link: The page to look at.
    """

    alert: str
    severity: str
    title: str
    link: str
    sku: str
    item_id: int
    available: int
    reorder_point: int


class StockTakeChanged(Fact, type="stock-take.changed", topic="inventory"):
    """A stock-take sheet was made, counted on, closed or discarded. No row of the stock list changes by it."""

    id: str
    name: str
    state: str
    lines: int
