"""Questions about the inventory."""

from app.inventory.reads.everywhere import CompanyStockRow, list_everywhere
from app.inventory.reads.holders import Holder, holders_of, register_holders
from app.inventory.reads.items import StockRow, get_item, list_rows, matching, rows_by_id, rows_on_page, stream_rows
from app.inventory.reads.ledger import list_movements
from app.inventory.reads.sellable import sellable
from app.inventory.reads.stock_takes import StockTakeRow, get_stock_take, lines_of, list_stock_takes
from app.inventory.reads.summary import Bounded, Summary, categories, count_matching, summarize

__all__ = [
    "Bounded",
    "CompanyStockRow",
    "Holder",
    "StockRow",
    "StockTakeRow",
    "Summary",
    "categories",
    "count_matching",
    "get_item",
    "get_stock_take",
    "holders_of",
    "lines_of",
    "list_everywhere",
    "list_movements",
    "list_rows",
    "list_stock_takes",
    "matching",
    "register_holders",
    "rows_by_id",
    "rows_on_page",
    "sellable",
    "stream_rows",
    "summarize",
]
