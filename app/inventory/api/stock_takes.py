"""Stock-take sheets as JSON."""

from flask import Blueprint

from app.core.api import contract
from app.core.errors import InvalidCursor
from app.inventory import reads, service
from app.inventory.problems import (
    CountsRefused,
    NothingCounted,
    NothingToCount,
    StockTakeClosed,
    TooManyLines,
    UnknownSku,
)
from app.inventory.schemas import (
    EnterCounts,
    ListPage,
    NewStockTake,
    StockTakeDetail,
    StockTakeLineOut,
    StockTakeList,
    StockTakeOut,
)

api_bp = Blueprint("stock_takes_api", __name__, url_prefix="/api/inventory/stock-takes")


def detail(sheet_id: str) -> StockTakeDetail:
    """Return a sheet with its lines."""
    sheet = reads.get_stock_take(sheet_id)
    lines = [StockTakeLineOut.model_validate(line) for line in reads.lines_of(sheet.key)]
    return StockTakeDetail(**StockTakeOut.model_validate(sheet).model_dump(), lines=lines)


@api_bp.get("")
@contract(scope="inventory:read", query=ListPage, returns={200: StockTakeList}, problems=[InvalidCursor])
def list_stock_takes(query: ListPage) -> StockTakeList:
    """List stock-take sheets, newest first."""
    sheets, cursor = reads.list_stock_takes(limit=query.limit, after=query.after)
    return StockTakeList(items=[StockTakeOut.model_validate(sheet) for sheet in sheets], next_cursor=cursor)


@api_bp.post("")
@contract(
    scope="inventory:write",
    body=NewStockTake,
    returns={201: StockTakeDetail},
    problems=[UnknownSku, NothingToCount, TooManyLines],
)
def create_stock_take(body: NewStockTake) -> StockTakeDetail:
    """Make a sheet of items to count."""
    return detail(service.create_stock_take(body).public_id)


@api_bp.get("/<string:sheet_id>")
@contract(scope="inventory:read", returns={200: StockTakeDetail})
def show_stock_take(sheet_id: str) -> StockTakeDetail:
    """Return a sheet with its lines."""
    return detail(sheet_id)


@api_bp.post("/<string:sheet_id>/counts")
@contract(
    scope="inventory:write",
    body=EnterCounts,
    returns={200: StockTakeDetail},
    problems=[StockTakeClosed, UnknownSku],
)
def enter_counts(sheet_id: str, body: EnterCounts) -> StockTakeDetail:
    """Enter counts; a SKU counted again replaces its count."""
    service.enter_counts(sheet_id, {count.sku: count.counted for count in body.counts})
    return detail(sheet_id)


@api_bp.post("/<string:sheet_id>/closing")
@contract(
    scope="inventory:write",
    returns={200: StockTakeDetail},
    problems=[StockTakeClosed, NothingCounted, CountsRefused],
)
def close_stock_take(sheet_id: str) -> StockTakeDetail:
    """Move the stock by every difference found, once."""
    service.close_stock_take(sheet_id)
    return detail(sheet_id)


@api_bp.delete("/<string:sheet_id>")
@contract(scope="inventory:write", returns={200: StockTakeDetail}, problems=[StockTakeClosed])
def discard_stock_take(sheet_id: str) -> StockTakeDetail:
    """Give a sheet up; no stock moves."""
    service.discard_stock_take(sheet_id)
    return detail(sheet_id)
