"""Shapes of the inventory, for forms and JSON alike."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal, Self
from urllib.parse import parse_qsl

from pydantic import BeforeValidator, Field, PlainSerializer, StringConstraints

from app.core.money import price_text
from app.core.shapes import Answer, Instant, OptionalText, Shape, Text, refuse_nul
from app.inventory.fields import Price, Sku, Units
from app.inventory.models import MAX_UNITS, Item, ItemKind, MovementKind, StockTakeState

PriceText = Annotated[Decimal, PlainSerializer(price_text, return_type=str)]
Category = Annotated[str, BeforeValidator(refuse_nul), StringConstraints(max_length=80)]
Reason = Annotated[str, BeforeValidator(refuse_nul), StringConstraints(min_length=1, max_length=60)]
Note = Annotated[str, BeforeValidator(refuse_nul), StringConstraints(max_length=5000)]


class NewItem(Shape):
    """A product or an asset to add, with the stock that is there now."""

    sku: Sku
    name: Text
    kind: ItemKind = ItemKind.PRODUCT
    category: Category = ""
    unit_price: Price = Decimal(0)
    on_hand: Units = 0
    reorder_point: Units = 0


class EditItem(Shape):
    """Details to change; `version` is the one the editor saw."""

    version: Annotated[int, Field(ge=1)]
    name: Text | None = None
    kind: ItemKind | None = None
    category: Category | None = None
    unit_price: Price | None = None
    reorder_point: Units | None = None

    def wanted(self) -> dict[str, Any]:
        """Return the fields that were sent."""
        return {
            name: getattr(self, name) for name in self.model_fields_set - {"version"} if getattr(self, name) is not None
        }


class AdjustStock(Shape):
    """A correction: so many more, or fewer, and why."""

    delta: Annotated[int, Field(ge=-MAX_UNITS, le=MAX_UNITS)]
    reason: Reason
    note: Note = ""


class RecountStock(Shape):
    """What was counted; the difference becomes a movement."""

    counted: Units
    reason: Reason = "recount"
    note: Note = ""


class ItemView(StrEnum):
    """Which items a list shows."""

    ALL = "all"
    SHORT = "short"
    OUT = "out"
    ASSETS = "assets"
    ARCHIVED = "archived"


ID_DIGITS = 19  # what a bigint holds
SORTS = ("sku", "-sku", "name", "-name", "available", "-available", "updated", "-updated")


class ItemFilter(Shape):
    """What the inventory page's address says."""

    view: ItemView = ItemView.ALL
    category: OptionalText | None = None
    q: OptionalText | None = None


class ListItems(ItemFilter):
    """A page of a filtered list."""

    sort: Literal[SORTS] | None = None  # type: ignore[valid-type]
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    after: Annotated[str, StringConstraints(max_length=500)] | None = None

    @property
    def order(self) -> str:
        """The order asked for; else what runs out first in a short view, and SKUs elsewhere."""
        return self.sort or ("available" if self.view in {ItemView.SHORT, ItemView.OUT} else "sku")


class ExportItems(ItemFilter):
    """Which items a file has, and in which order."""

    sort: Literal[SORTS] | None = None  # type: ignore[valid-type]


class ShowItems(ListItems):
    """The inventory page's address; `ids` asks for some rows of it again."""

    ids: Annotated[str, StringConstraints(max_length=4000)] | None = None

    @property
    def row_ids(self) -> list[int]:
        """The ids asked for; what is no id is no row."""
        return [int(one) for one in (self.ids or "").split(",")[:200] if one.isdecimal() and len(one) < ID_DIGITS]


class FindItem(Shape):
    """What was scanned or pasted."""

    sku: Text


class ListPage(Shape):
    """A page of a list that has no filter."""

    limit: Annotated[int, Field(ge=1, le=200)] = 50
    after: Annotated[str, StringConstraints(max_length=500)] | None = None


class NewStockTake(Shape):
    """A sheet to make: the items of a view and category, or the SKUs named."""

    name: Text
    view: ItemView = ItemView.ALL
    category: Category | None = None
    skus: Annotated[list[Sku], Field(max_length=500)] | None = None


class NewStockTakeForm(Shape):
    """The form of a new sheet: SKUs stand one a line."""

    name: Text
    view: ItemView = ItemView.ALL
    category: Category | None = None
    skus: Annotated[str, BeforeValidator(refuse_nul), StringConstraints(max_length=60_000)] = ""

    def as_sheet(self) -> NewStockTake:
        """Return what the service takes."""
        skus = list(dict.fromkeys(line.strip() for line in self.skus.splitlines() if line.strip()))
        return NewStockTake.model_construct(name=self.name, view=self.view, category=self.category, skus=skus or None)


class Count(Shape):
    """One counted item."""

    sku: Annotated[str, BeforeValidator(refuse_nul), StringConstraints(min_length=1, max_length=100)]
    counted: Units


class EnterCounts(Shape):
    """Counts of a sheet; a SKU sent again replaces its count."""

    counts: Annotated[list[Count], Field(min_length=1, max_length=500)]


class BulkAct(StrEnum):
    """What can be done to many items at once."""

    ARCHIVE = "archive"
    REORDER_POINT = "reorder-point"


class BulkForm(Shape):
    """An act on the ticked items, or on all that match `query`."""

    act: BulkAct
    reorder_point: Units | None = None
    all: bool = False
    query: Annotated[str, StringConstraints(max_length=2000)] = ""


def filter_of(query: str) -> ItemFilter:
    """Return the filter of a list page's query string; what is no filter (order, position) is left out."""
    return ItemFilter.model_validate({key: value for key, value in parse_qsl(query) if key in ItemFilter.model_fields})


class ItemOut(Answer):
    """An item as scripts read it. `state` is `in`, `low`, `out`, `not-stocked` or `archived`; prices are in the company's currency."""

    sku: str
    name: str
    kind: ItemKind
    category: str
    unit_price: PriceText
    on_hand: int
    reserved: int
    available: int
    reorder_point: int
    state: str
    version: int
    archived_at: Instant | None
    created_at: Instant
    updated_at: Instant

    @classmethod
    def of(cls, item: Item) -> Self:
        """Return a loaded row; what the database computes is computed here alike, without asking again."""
        names = [name for name in cls.model_fields if name != "available"]
        return cls.model_validate({**{name: getattr(item, name) for name in names}, "available": item.free})


class ItemList(Answer):
    """A page of items."""

    items: list[ItemOut]
    next_cursor: str | None


class MovementOut(Answer):
    """An entry of the ledger."""

    id: int
    kind: MovementKind
    delta: int
    on_hand_after: int
    reason: str
    note: str
    order_number: int | None
    actor: dict[str, Any]
    request_id: str
    occurred_at: Instant


class MovementList(Answer):
    """A page of the ledger, newest first."""

    items: list[MovementOut]
    next_cursor: str | None


class StockTakeOut(Answer):
    """A sheet without its lines."""

    id: str
    name: str
    state: StockTakeState
    line_count: int
    counted: int
    created_at: Instant
    closed_at: Instant | None


class StockTakeLineOut(Answer):
    """One item of a sheet; `difference` is what closing will move (or moved)."""

    sku: str
    name: str
    expected: int
    counted: int | None
    difference: int | None


class StockTakeDetail(StockTakeOut):
    """A sheet with its lines."""

    lines: list[StockTakeLineOut]


class StockTakeList(Answer):
    """A page of sheets, newest first."""

    items: list[StockTakeOut]
    next_cursor: str | None
