"""Items, the ledger of their stock, and stock-take sheets. The rules on one row live on the row."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.db import Model
from app.inventory.problems import NotReserved, StockReserved, StockTooLarge
from app.inventory.states import ItemKind, MovementKind, StockTakeState, stock_state

__all__ = [
    "MAX_UNITS",
    "Item",
    "ItemKind",
    "Movement",
    "MovementKind",
    "StockTake",
    "StockTakeLine",
    "StockTakeState",
    "stock_state",
]

NOW = sa.text("now()")
MAX_UNITS = 1_000_000_000  # a thousand million of one thing is a typing mistake


def _one_of(states: type[StrEnum], name: str) -> sa.Enum:
    return sa.Enum(
        states, name=name, native_enum=False, create_constraint=True, length=20,
        values_callable=lambda members: [member.value for member in members],
    )  # fmt: skip


class Item(Model):
    """A product or an asset with its stock.

    Attributes:
        available: on_hand minus reserved, computed by the database for lists; `free` is the same for a loaded row.
        has_moved: The ledger has an entry: stock of it was kept at some time.
        version: Grows with every change, stock or details.
        edits: The last edit of each detail: `{field: {"version", "before", "by"}}`, to tell two editors apart.
    """

    __tablename__ = "items"
    __table_args__ = (
        sa.PrimaryKeyConstraint("company_id", "id", name="pk_items"),
        sa.UniqueConstraint("company_id", "sku", name="uq_items_company_id_sku"),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name="fk_items_company_id"),
        sa.CheckConstraint("on_hand >= 0", name="on_hand"),
        sa.CheckConstraint("reserved >= 0 AND reserved <= on_hand", name="reserved"),
        sa.CheckConstraint("reorder_point >= 0", name="reorder_point"),
        sa.CheckConstraint("unit_price >= 0", name="unit_price"),
        sa.CheckConstraint("sku <> '' AND length(sku) <= 100", name="sku"),
        sa.Index("ix_items_company_id_name_id", "company_id", "name", "id"),
        sa.Index("ix_items_company_id_available_id", "company_id", "available", "id"),
        sa.Index("ix_items_company_id_updated_at_id", "company_id", "updated_at", "id"),
        sa.Index("ix_items_company_id_category_sku", "company_id", "category", "sku"),
        sa.Index(
            "ix_items_short", "company_id", "available", "id",
            postgresql_where=sa.text(
                "available <= reorder_point AND archived_at IS NULL AND (has_moved OR reorder_point > 0)"
            ),
        ),
        sa.Index("ix_items_archived", "company_id", "sku", postgresql_where=sa.text("archived_at IS NOT NULL")),
        sa.Index("ix_items_assets", "company_id", "sku", postgresql_where=sa.text("kind = 'asset'")),
        sa.Index(
            "ix_items_search", "company_id", "search_text",
            postgresql_using="gin", postgresql_ops={"search_text": "gin_trgm_ops"},
        ),
    )  # fmt: skip

    company_id: Mapped[int] = mapped_column(sa.BigInteger)
    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(always=True), init=False)
    sku: Mapped[str] = mapped_column(sa.Text)
    name: Mapped[str] = mapped_column(sa.Text)
    kind: Mapped[ItemKind] = mapped_column(
        _one_of(ItemKind, "kind"), server_default="product", default=ItemKind.PRODUCT
    )
    category: Mapped[str] = mapped_column(sa.Text, server_default="", default="")
    unit_price: Mapped[Decimal] = mapped_column(sa.Numeric(14, 4), server_default="0", default=Decimal(0))
    on_hand: Mapped[int] = mapped_column(sa.BigInteger, server_default="0", default=0)
    reserved: Mapped[int] = mapped_column(sa.BigInteger, server_default="0", default=0)
    available: Mapped[int] = mapped_column(
        sa.BigInteger, sa.Computed("on_hand - reserved", persisted=True), nullable=True, init=False, repr=False
    )
    reorder_point: Mapped[int] = mapped_column(sa.BigInteger, server_default="0", default=0)
    has_moved: Mapped[bool] = mapped_column(sa.Boolean, server_default=sa.false(), default=False)
    version: Mapped[int] = mapped_column(sa.BigInteger, server_default="1", default=1)
    edits: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}", default_factory=dict, repr=False)
    archived_at: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True), default=None)
    created_at: Mapped[datetime] = mapped_column(
        sa.DateTime(timezone=True), server_default=NOW, default_factory=clock.now
    )
    updated_at: Mapped[datetime] = mapped_column(
        sa.DateTime(timezone=True), server_default=NOW, default_factory=clock.now
    )
    search_text: Mapped[str] = mapped_column(
        sa.Text,
        sa.Computed("lower(sku || ' ' || name || ' ' || category)", persisted=True),
        nullable=True, init=False, repr=False, deferred=True,
    )  # fmt: skip

    @property
    def is_for_sale(self) -> bool:
        """False for assets: what the company works with is not sold."""
        return self.kind is not ItemKind.ASSET

    @property
    def free(self) -> int:
        """Units that can still be promised."""
        return self.on_hand - self.reserved

    @property
    def state(self) -> str:
        """`in`, `low`, `out`, `not-stocked` or `archived`."""
        return stock_state(self.free, self.reorder_point, self.archived_at, has_moved=self.has_moved)

    @property
    def is_short(self) -> bool:
        """At or below the reorder point; with no reorder point, out."""
        return self.free <= self.reorder_point

    def hold(self, units: int, *, at: datetime) -> None:
        """Promise units to an order; the caller has checked that they are free."""
        self.reserved += units
        self.touch(at)

    def let_go(self, units: int, *, at: datetime) -> None:
        """Take a promise back.

        Raises:
            NotReserved: Less was promised.
        """
        if units > self.reserved:
            raise NotReserved(sku=self.sku, units=units, reserved=self.reserved)
        self.reserved -= units
        self.touch(at)

    def hand_over(self, units: int, *, at: datetime) -> None:
        """Ship promised units: they leave the shelf and the promises alike.

        Raises:
            NotReserved: Less was promised.
        """
        if units > self.reserved:
            raise NotReserved(sku=self.sku, units=units, reserved=self.reserved)
        self.on_hand -= units
        self.reserved -= units
        self.touch(at)

    def take_in(self, units: int, *, at: datetime) -> None:
        """Put units on the shelf.

        Raises:
            StockTooLarge: More than one item can have.
        """
        if self.on_hand + units > MAX_UNITS:
            raise StockTooLarge(sku=self.sku, limit=MAX_UNITS)
        self.on_hand += units
        self.touch(at)

    def set_on_hand(self, units: int, *, at: datetime) -> int:
        """Set the stock on hand and return the difference.

        Raises:
            StockReserved: Orders were promised more than that.
        """
        if units < self.reserved:
            raise StockReserved(sku=self.sku, on_hand=self.on_hand, reserved=self.reserved, wanted=units)
        delta = units - self.on_hand
        self.on_hand = units
        self.touch(at)
        return delta

    def touch(self, at: datetime) -> None:
        """Count a change."""
        self.version += 1
        self.updated_at = at


class Movement(Model):
    """One entry of the ledger: the stock on hand changed by `delta`. Never updated, never deleted.

    The sum of all deltas of an item is its stock on hand.
    """

    __tablename__ = "stock_movements"
    __table_args__ = (
        sa.PrimaryKeyConstraint("company_id", "id", name="pk_stock_movements"),
        sa.ForeignKeyConstraint(
            ["company_id", "item_id"], ["items.company_id", "items.id"], name="fk_stock_movements_company_id"
        ),
        sa.CheckConstraint("on_hand_after >= 0", name="on_hand_after"),
        sa.Index("ix_stock_movements_company_id_item_id_id", "company_id", "item_id", "id"),
        sa.Index("ix_stock_movements_sold", "company_id", "item_id", "occurred_at",
                 postgresql_include=["delta"], postgresql_where=sa.text("kind = 'shipment'")),
    )  # fmt: skip

    company_id: Mapped[int] = mapped_column(sa.BigInteger)
    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(always=True), init=False)
    item_id: Mapped[int] = mapped_column(sa.BigInteger)
    kind: Mapped[MovementKind] = mapped_column(_one_of(MovementKind, "kind"))
    delta: Mapped[int] = mapped_column(sa.BigInteger)
    on_hand_after: Mapped[int] = mapped_column(sa.BigInteger)
    reason: Mapped[str] = mapped_column(sa.Text, server_default="", default="")
    note: Mapped[str] = mapped_column(sa.Text, server_default="", default="")
    order_number: Mapped[int | None] = mapped_column(sa.BigInteger, default=None)
    source_ref: Mapped[str | None] = mapped_column(sa.Text, default=None)
    actor: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}", default_factory=dict)
    request_id: Mapped[str] = mapped_column(sa.Text, server_default="", default="")
    occurred_at: Mapped[datetime] = mapped_column(
        sa.DateTime(timezone=True), server_default=NOW, default_factory=clock.now
    )


class StockTake(Model):
    """A sheet of items to be counted."""

    __tablename__ = "stock_takes"
    __table_args__ = (
        sa.PrimaryKeyConstraint("company_id", "id", name="pk_stock_takes"),
        sa.UniqueConstraint("company_id", "public_id", name="uq_stock_takes_company_id_public_id"),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name="fk_stock_takes_company_id"),
    )

    company_id: Mapped[int] = mapped_column(sa.BigInteger)
    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(always=True), init=False)
    public_id: Mapped[str] = mapped_column(sa.Text)
    name: Mapped[str] = mapped_column(sa.Text)
    actor: Mapped[dict[str, Any]] = mapped_column(JSONB)
    line_count: Mapped[int] = mapped_column(sa.BigInteger)
    state: Mapped[StockTakeState] = mapped_column(
        _one_of(StockTakeState, "state"), server_default="open", default=StockTakeState.OPEN
    )
    version: Mapped[int] = mapped_column(sa.BigInteger, server_default="1", default=1)
    created_at: Mapped[datetime] = mapped_column(
        sa.DateTime(timezone=True), server_default=NOW, default_factory=clock.now
    )
    closed_at: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True), default=None)


class StockTakeLine(Model):
    """One item of a sheet.

    Attributes:
        expected: Stock on hand at the moment it was counted (until then, when the sheet was made), so that what
            ships after the count is not lost at closing.
        counted: What was found; None until counted.
    """

    __tablename__ = "stock_take_lines"
    __table_args__ = (
        sa.PrimaryKeyConstraint("company_id", "stock_take_id", "item_id", name="pk_stock_take_lines"),
        sa.ForeignKeyConstraint(
            ["company_id", "stock_take_id"], ["stock_takes.company_id", "stock_takes.id"],
            name="fk_stock_take_lines_company_id_sheet",
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "item_id"], ["items.company_id", "items.id"], name="fk_stock_take_lines_company_id_item"
        ),
        sa.CheckConstraint("counted >= 0", name="counted"),
        sa.Index("ix_stock_take_lines_company_id_item_id", "company_id", "item_id"),
    )  # fmt: skip

    company_id: Mapped[int] = mapped_column(sa.BigInteger)
    stock_take_id: Mapped[int] = mapped_column(sa.BigInteger)
    item_id: Mapped[int] = mapped_column(sa.BigInteger)
    expected: Mapped[int] = mapped_column(sa.BigInteger)
    counted: Mapped[int | None] = mapped_column(sa.BigInteger, default=None)
    counted_at: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True), default=None)
