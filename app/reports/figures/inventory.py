"""Stock as it is now, what it is worth, and how it moved in the period."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from app.core import clock
from app.core.auth import Company
from app.core.db import db
from app.core.money import scale
from app.core.present import plural
from app.inventory.models import Item, Movement, stock_state
from app.reports.content import Cell, Chart, Content, Table
from app.reports.figures.buckets import bars, bucket_of
from app.reports.figures.sales import CHUNK
from app.reports.periods import Period

HOW = [
    "Stock is as it stood when the report was made; movements are those of the period, in {zone}.",
    "Value is units on hand times the unit price of the item now, in {currency}; archived items are left out.",
]


def read_inventory(company: Company, period: Period) -> Content:
    """Return stock, its value and its movements."""
    sums = db.session.execute(_sums()).one()
    value = trim(Decimal(sums.value).quantize(Decimal("0.0001")), company.currency)
    totals: list[tuple[Cell, ...]] = [
        ("Items", sums.items), ("Units on hand", int(sums.on_hand)), ("Units reserved", int(sums.reserved)),
        ("Items out of stock", sums.out), (f"Value, {company.currency}", value),
    ]  # fmt: skip
    moves = _moves(period)
    return Content(
        title="Inventory report", company=company.name, period=period, made_at=clock.now(),
        how=[one.format(zone=period.zone, currency=company.currency) for one in HOW],
        lines=[f"{plural(sums.items, 'item')}, {plural(int(sums.on_hand), 'unit')} on hand, worth {value:,} {company.currency}"],
        tables=[Table("Totals", ("What", "Figure"), totals), moves], charts=_charts(period),
        detail_head=(
            "SKU", "Item", "Kind", "Category", "On hand", "Reserved", "Available", "Reorder at", "State",
            f"Unit price ({company.currency})", f"Value ({company.currency})",
        ),
        detail=_detail, is_empty=not sums.items and not moves.rows,
    )  # fmt: skip


def trim(amount: Decimal, currency: str) -> Decimal:
    """Return an amount without the digits that say nothing: those behind the currency's own, when they are zeros."""
    short = amount.quantize(Decimal(1).scaleb(-scale(currency)))
    return short if short == amount else amount


def _sums() -> sa.Select[*tuple[Any, ...]]:  # Any: a row of sums
    kept = Item.has_moved | (Item.reorder_point > 0)
    return sa.select(
        sa.func.count().label("items"),
        sa.func.coalesce(sa.func.sum(Item.on_hand), 0).label("on_hand"),
        sa.func.coalesce(sa.func.sum(Item.reserved), 0).label("reserved"),
        sa.func.count().filter(Item.available <= 0, kept).label("out"),
        sa.func.coalesce(sa.func.sum(Item.on_hand * Item.unit_price), 0).label("value"),
    ).where(Item.archived_at.is_(None))


def _in(period: Period) -> list[sa.ColumnElement[bool]]:
    return [Movement.occurred_at >= period.since, Movement.occurred_at < period.until]


def _moves(period: Period) -> Table:
    statement = (
        sa.select(
            Movement.kind,
            sa.func.count().label("entries"),
            sa.func.coalesce(sa.func.sum(Movement.delta).filter(Movement.delta > 0), 0).label("came"),
            sa.func.coalesce(-sa.func.sum(Movement.delta).filter(Movement.delta < 0), 0).label("left"),
        )
        .where(*_in(period))
        .group_by(Movement.kind)
        .order_by(Movement.kind)
    )
    rows: list[tuple[Cell, ...]] = [
        (row.kind.value.replace("-", " ").capitalize(), row.entries, int(row.came), int(row.left))
        for row in db.session.execute(statement)
    ]
    return Table("Movements of the period", ("Kind", "Entries", "Units in", "Units out"), rows)


def _charts(period: Period) -> list[Chart]:
    bucket = bucket_of(Movement.occurred_at, period)
    statement = (
        sa.select(bucket, -sa.func.sum(Movement.delta))
        .where(*_in(period), Movement.delta < 0)
        .group_by(bucket)
        .order_by(bucket)
    )
    values = {day: Decimal(units) for day, units in db.session.execute(statement)}
    return [Chart("Units out", *bars(values, period))] if values else []


def _detail() -> Iterator[Sequence[Cell]]:
    columns = (
        Item.sku, Item.name, Item.kind, Item.category, Item.on_hand, Item.reserved, Item.available, Item.reorder_point,
        Item.has_moved, Item.unit_price,
    )  # fmt: skip
    statement = sa.select(*columns).where(Item.archived_at.is_(None)).order_by(Item.sku)
    for row in db.session.execute(statement, execution_options={"yield_per": CHUNK}):
        yield (
            row.sku, row.name, row.kind.value, row.category, row.on_hand, row.reserved, row.available,
            row.reorder_point, stock_state(row.available, row.reorder_point, None, has_moved=row.has_moved),
            row.unit_price, row.unit_price * row.on_hand,
        )  # fmt: skip
