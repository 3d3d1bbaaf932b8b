"""Sales: orders placed in the period that were not cancelled, by currency, by day, by item."""

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from app.core import clock
from app.core.auth import Company
from app.core.db import db
from app.core.present import plural
from app.orders.models import Order, OrderLine
from app.reports.content import Cell, Chart, Content, Table, amount
from app.reports.figures.buckets import bars, bucket_of, day_of
from app.reports.periods import Period

TOP_ITEMS = 40
CHUNK = 1000
HOW = [
    "Orders count by when they were placed, in {zone}. Cancelled orders are left out and counted apart.",
    "Amounts are the orders' own, credits among them; currencies are never added together.",
    "A returned unit stays in the amounts; the financial report takes it out.",
]


def read_sales(company: Company, period: Period) -> Content:
    """Return the sales of a period."""
    sums = list(db.session.execute(_sums(period)))
    lines = [
        f"{plural(row.orders, 'order')}, {plural(int(row.units), 'unit')}, {amount(row.minor, row.currency):,} {row.currency}"
        for row in sums
        if row.orders
    ]
    head = ("Currency", "Orders", "Units", "Amount", "Cancelled orders", "Cancelled amount")
    totals: list[tuple[Cell, ...]] = [
        (row.currency, row.orders, int(row.units), amount(row.minor, row.currency), row.cancelled, amount(row.cancelled_minor, row.currency))
        for row in sums
    ]  # fmt: skip
    return Content(
        title="Sales report", company=company.name, period=period, made_at=clock.now(),
        how=[one.format(zone=period.zone) for one in HOW], lines=lines or ["No orders"],
        tables=[Table("Totals", head, totals), _days(period), _top_items(period)],
        charts=_charts(period), detail_head=("Day", "SKU", "Item", "Currency", "Orders", "Units", "Amount"),
        detail=lambda: _detail(period), is_empty=not sums,
    )  # fmt: skip


def placed_in(period: Period) -> list[sa.ColumnElement[bool]]:
    """Return the condition that an order was placed in the period."""
    return [Order.placed_at >= period.since, Order.placed_at < period.until]


def _sums(period: Period) -> sa.Select[*tuple[Any, ...]]:  # Any: a row of sums
    sold = Order.state != "cancelled"
    return (
        sa.select(
            Order.currency,
            sa.func.count().filter(sold).label("orders"),
            sa.func.coalesce(sa.func.sum(Order.unit_count).filter(sold), 0).label("units"),
            sa.func.coalesce(sa.func.sum(Order.total_minor).filter(sold), 0).label("minor"),
            sa.func.count().filter(~sold).label("cancelled"),
            sa.func.coalesce(sa.func.sum(Order.total_minor).filter(~sold), 0).label("cancelled_minor"),
        )
        .where(*placed_in(period))
        .group_by(Order.currency)
        .order_by(Order.currency)
    )


def _by_bucket(period: Period) -> Sequence[sa.Row[*tuple[Any, ...]]]:  # Any: a row of sums
    bucket = bucket_of(Order.placed_at, period)
    return db.session.execute(
        sa.select(
            bucket.label("bucket"), Order.currency, sa.func.count().label("orders"),
            sa.func.sum(Order.unit_count).label("units"), sa.func.sum(Order.total_minor).label("minor"),
        )
        .where(*placed_in(period), Order.state != "cancelled")
        .group_by(bucket, Order.currency)
        .order_by(bucket, Order.currency)
    ).all()  # fmt: skip


def _days(period: Period) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (row.bucket, row.currency, row.orders, int(row.units), amount(row.minor, row.currency))
        for row in _by_bucket(period)
    ]
    return Table("Over time", ("From", "Currency", "Orders", "Units", "Amount"), rows)


def _charts(period: Period) -> list[Chart]:
    found: dict[str, dict[Any, Any]] = {}
    for row in _by_bucket(period):
        found.setdefault(row.currency, {})[row.bucket] = amount(row.minor, row.currency)
    return [Chart(f"Amount, {currency}", *bars(values, period)) for currency, values in found.items()]


def _items() -> sa.Select[Any]:  # Any: columns are added
    return (
        sa.select()
        .select_from(OrderLine)
        .join(Order, sa.and_(Order.company_id == OrderLine.company_id, Order.number == OrderLine.order_number))
        .where(Order.state != "cancelled")
    )


def _top_items(period: Period) -> Table:
    minor = sa.func.sum(OrderLine.amount_minor)
    rows = db.session.execute(
        _items()
        .add_columns(
            OrderLine.sku, sa.func.max(OrderLine.name).label("name"), Order.currency,
            sa.func.sum(OrderLine.quantity - OrderLine.cancelled).label("units"), minor.label("minor"),
        )
        .where(*placed_in(period))
        .group_by(OrderLine.sku, Order.currency)
        .order_by(minor.desc(), OrderLine.sku)
        .limit(TOP_ITEMS)
    )  # fmt: skip
    cells: list[tuple[Cell, ...]] = [
        (row.sku, row.name, row.currency, int(row.units), amount(row.minor, row.currency)) for row in rows
    ]
    return Table(f"Items that sold most (at most {TOP_ITEMS})", ("SKU", "Item", "Currency", "Units", "Amount"), cells)


def _detail(period: Period) -> Iterator[Sequence[Cell]]:
    day = day_of(Order.placed_at, period)
    statement = (
        _items()
        .add_columns(
            day.label("day"), OrderLine.sku, sa.func.max(OrderLine.name).label("name"), Order.currency,
            sa.func.count(sa.distinct(Order.number)).label("orders"),
            sa.func.sum(OrderLine.quantity - OrderLine.cancelled).label("units"),
            sa.func.sum(OrderLine.amount_minor).label("minor"),
        )
        .where(*placed_in(period))
        .group_by(day, OrderLine.sku, Order.currency)
        .order_by(day, OrderLine.sku, Order.currency)
    )  # fmt: skip
    for row in db.session.execute(statement, execution_options={"yield_per": CHUNK}):
        yield (
            row.day, row.sku, row.name, row.currency, row.orders, int(row.units), amount(row.minor, row.currency),
        )  # fmt: skip
