"""The inventory as JSON: items, their stock, their ledger."""

from flask import Blueprint

from app.core.api import contract
from app.core.errors import InvalidCursor, VersionConflict
from app.inventory import reads, service
from app.inventory.problems import (
    ItemArchived,
    ItemPriceOutOfRange,
    NothingAdjusted,
    SkuTaken,
    StockReserved,
    StockTooLarge,
    StockTooSmall,
    UnitsOutOfRange,
)
from app.inventory.schemas import (
    AdjustStock,
    EditItem,
    ItemList,
    ItemOut,
    ListItems,
    ListPage,
    MovementList,
    MovementOut,
    NewItem,
    RecountStock,
)

api_bp = Blueprint("inventory_api", __name__, url_prefix="/api/inventory")


@api_bp.get("")
@contract(scope="inventory:read", query=ListItems, returns={200: ItemList}, problems=[InvalidCursor])
def list_items(query: ListItems) -> ItemList:
    """List items by view, category or search, in pages."""
    rows, cursor = reads.list_rows(query, with_sales=False)
    return ItemList(items=[ItemOut.model_validate(row) for row in rows], next_cursor=cursor)


@api_bp.post("")
@contract(
    scope="inventory:write",
    body=NewItem,
    returns={201: ItemOut},
    problems=[SkuTaken, ItemPriceOutOfRange, UnitsOutOfRange],
)
def create_item(body: NewItem) -> ItemOut:
    """Add a product or an asset."""
    return ItemOut.of(service.create_item(body))


@api_bp.get("/<sku:sku>")
@contract(scope="inventory:read", returns={200: ItemOut})
def show_item(sku: str) -> ItemOut:
    """Return one item."""
    return ItemOut.model_validate(reads.get_item(sku))


@api_bp.patch("/<sku:sku>")
@contract(
    scope="inventory:write",
    body=EditItem,
    returns={200: ItemOut},
    problems=[VersionConflict, ItemArchived, ItemPriceOutOfRange, UnitsOutOfRange],
)
def edit_item(sku: str, body: EditItem) -> ItemOut:
    """Change an item's details; stock moves by adjustments and recounts."""
    return ItemOut.of(service.edit_item(sku, body))


@api_bp.delete("/<sku:sku>")
@contract(scope="inventory:write", returns={200: ItemOut}, problems=[StockReserved])
def archive_item(sku: str) -> ItemOut:
    """Archive an item; its ledger stays."""
    return ItemOut.of(service.archive_item(sku))


@api_bp.post("/<sku:sku>/restoration")
@contract(scope="inventory:write", returns={200: ItemOut})
def restore_item(sku: str) -> ItemOut:
    """Bring an archived item back."""
    return ItemOut.of(service.restore_item(sku))


@api_bp.post("/<sku:sku>/adjustments")
@contract(
    scope="inventory:write",
    body=AdjustStock,
    returns={201: ItemOut},
    problems=[NothingAdjusted, StockTooSmall, StockReserved, StockTooLarge, ItemArchived],
)
def adjust_stock(sku: str, body: AdjustStock) -> ItemOut:
    """Correct the stock on hand by a difference, with a reason."""
    return ItemOut.of(service.adjust_stock(sku, body))


@api_bp.post("/<sku:sku>/recounts")
@contract(scope="inventory:write", body=RecountStock, returns={201: ItemOut}, problems=[StockReserved, ItemArchived])
def recount_stock(sku: str, body: RecountStock) -> ItemOut:
    """Set the stock on hand to what was counted."""
    return ItemOut.of(service.recount_stock(sku, body))


@api_bp.get("/<sku:sku>/movements")
@contract(scope="inventory:read", query=ListPage, returns={200: MovementList}, problems=[InvalidCursor])
def list_movements(sku: str, query: ListPage) -> MovementList:
    """Return an item's ledger, newest first."""
    movements, cursor = reads.list_movements(reads.get_item(sku).id, limit=query.limit, after=query.after)
    return MovementList(items=[MovementOut.model_validate(movement) for movement in movements], next_cursor=cursor)
