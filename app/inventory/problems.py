"""What can be wrong with an act on the inventory."""

from typing import Any

from app.core.errors import Problem


class UnknownSku(Problem, code="unknown-sku", status=422):
    """There is no item {sku}. SKUs compare exactly, capitals and spaces included; look it up in the inventory."""

    sku: str


class OutOfStock(Problem, code="out-of-stock", status=409):
    """Not enough of {sku} is free. {wanted} wanted, {free} free; nothing was reserved."""

    sku: str
    wanted: int
    free: int


class StockReserved(Problem, code="stock-reserved", status=409):
    """Orders were promised more of {sku} than that. {reserved} of {on_hand} are reserved, so the stock cannot become {wanted}; cancel or change an order first."""

    sku: str
    on_hand: int
    reserved: int
    wanted: int


class StockTooSmall(Problem, code="stock-too-small", status=409):
    """There are only {on_hand} of {sku}. {delta} would leave fewer than none; count again, or set what you counted."""

    sku: str
    on_hand: int
    delta: int


class StockTooLarge(Problem, code="stock-too-large", status=422):
    """That is more of {sku} than can be right. The stock of one item ends at {limit} units."""

    sku: str
    limit: int


class ItemPriceOutOfRange(Problem, code="item-price-out-of-range", status=422):
    """This unit price cannot be used. Give a price of zero or more, with at most 10 digits before the point and 4 after it."""

    field: str


class UnitsOutOfRange(Problem, code="units-out-of-range", status=422):
    """That is no number of units we can keep. Give a whole number from 0 to 1,000,000,000."""

    field: str


class SkuTaken(Problem, code="sku-taken", status=409):
    """There is an item {sku} already. Open it, or choose another SKU; an archived item keeps its SKU."""

    sku: str


class ItemArchived(Problem, code="item-archived", status=409):
    """The item {sku} is archived. Restore it first."""

    sku: str


class NotReserved(Problem, code="stock-not-reserved", status=409):
    """Fewer of {sku} are reserved than that. {units} were to leave, {reserved} are reserved."""

    sku: str
    units: int
    reserved: int


class SearchTooShort(Problem, code="search-too-short", status=422):
    """Nothing was typed. Scan or type a whole SKU."""


class TooManyLines(Problem, code="too-many-lines", status=422):
    """A sheet has at most {limit} items. Choose a category, or name the SKUs."""

    limit: int


class NothingToCount(Problem, code="nothing-to-count", status=422):
    """No item matches. A sheet needs at least one; archived items are never counted."""


class StockTakeClosed(Problem, code="stock-take-closed", status=409):
    """This sheet is {state}. It cannot change any more; start a new one."""

    state: str


class NothingCounted(Problem, code="nothing-counted", status=409):
    """Nothing on this sheet was counted. Enter at least one count, or discard the sheet."""


class CountsRefused(Problem, code="counts-refused", status=409):
    """Some counts are below what orders were promised. Nothing was moved; change those orders or counts, then close the sheet again."""

    lines: list[dict[str, Any]]


class NothingAdjusted(Problem, code="nothing-adjusted", status=422):
    """A difference of 0 changes nothing. Send how many more, or fewer with a minus."""


class NothingSelected(Problem, code="nothing-selected", status=422):
    """No item is selected. Tick some, or choose all that match."""
