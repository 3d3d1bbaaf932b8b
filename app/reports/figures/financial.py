"""Money: what was placed, credited, returned and paid, by currency."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from app.core import clock
from app.core.auth import Company
from app.core.db import db
from app.core.money import SCALES
from app.orders.models import Order, OrderLine
from app.reports.content import Cell, Chart, Content, Table, amount
from app.reports.figures.buckets import bars, bucket_of, day_of
from app.reports.figures.sales import CHUNK, placed_in
from app.reports.periods import Period

HOW = [
    "Placed: orders placed in the period, in {zone}, that were not cancelled. Credits: such orders with a negative amount.",
    "Returned: units of those orders that came back by now, at their price, rounded line by line.",
    "Net is placed plus credits less returned. Paid counts by when the money came, whenever the order was placed.",
    "Currencies are never added together. Taxes are not told apart: amounts are the orders' own.",
]
HEAD = ("Currency", "Orders", "Placed", "Credits", "Returned", "Net", "Paid in the period", "Not paid yet")


def read_financial(company: Company, period: Period) -> Content:
    """Return the money of a period."""
    totals = _totals(period)
    return Content(
        title="Financial report", company=company.name, period=period, made_at=clock.now(),
        how=[one.format(zone=period.zone) for one in HOW],
        lines=[f"Net {row[5]:,} {row[0]}" for row in totals] or ["No orders"],
        tables=[Table("Totals", HEAD, totals), _states(period)], charts=_charts(period),
        detail_head=("Day", "Currency", "Orders", "Placed", "Credits", "Returned", "Net"),
        detail=lambda: _detail(period), is_empty=not totals,
    )  # fmt: skip


def returned_minor() -> sa.ColumnElement[Any]:  # Any: numeric
    """Return what a line's returned units cost, in minor units; half a unit is rounded away from zero, as prices are."""
    digits = sa.case(
        *[(Order.currency.in_([code for code, n in SCALES.items() if n == wanted]), 10**wanted) for wanted in (0, 3)],
        else_=100,
    )
    return sa.func.round(OrderLine.unit_price * OrderLine.returned * digits)


def _returned(period: Period, step: Any) -> sa.Subquery:  # Any: the step a sum is for
    """Return the sum of what came back, by step and currency."""
    return (
        sa.select(step.label("step"), Order.currency.label("currency"), sa.func.sum(returned_minor()).label("minor"))
        .select_from(OrderLine)
        .join(Order, sa.and_(Order.company_id == OrderLine.company_id, Order.number == OrderLine.order_number))
        .where(*placed_in(period), Order.state != "cancelled", OrderLine.returned > 0)
        .group_by(step, Order.currency)
        .subquery()
    )


def _placed(period: Period, step: Any) -> sa.Subquery:  # Any: as above
    """Return the sums of what was placed, by step and currency."""
    return (
        sa.select(
            step.label("step"), Order.currency.label("currency"), sa.func.count().label("orders"),
            sa.func.coalesce(sa.func.sum(Order.total_minor).filter(Order.total_minor >= 0), 0).label("placed"),
            sa.func.coalesce(sa.func.sum(Order.total_minor).filter(Order.total_minor < 0), 0).label("credits"),
        )
        .where(*placed_in(period), Order.state != "cancelled")
        .group_by(step, Order.currency)
        .subquery()
    )  # fmt: skip


def _steps(period: Period, step: Any) -> sa.Select[Any]:  # Any: as above
    placed, back = _placed(period, step), _returned(period, step)
    same = sa.and_(back.c.step == placed.c.step, back.c.currency == placed.c.currency)
    return (
        sa.select(placed, sa.func.coalesce(back.c.minor, 0).label("returned"))
        .select_from(placed.outerjoin(back, same))
        .order_by(placed.c.step, placed.c.currency)
    )


def _money(row: Any) -> tuple[Decimal, Decimal, Decimal, Decimal]:  # Any: a row of sums
    placed, credited, returned = (amount(one, row.currency) for one in (row.placed, row.credits, row.returned))
    return placed, credited, returned, placed + credited - returned


def _totals(period: Period) -> list[tuple[Cell, ...]]:
    sums = {row.currency: row for row in db.session.execute(_steps(period, sa.literal_column("1")))}
    paid = _sum_by_currency([Order.paid_at >= period.since, Order.paid_at < period.until, Order.state != "cancelled"])
    open_ = _sum_by_currency([*placed_in(period), Order.state == "placed"])
    none = (Decimal(0),) * 4
    return [
        (
            currency, sums[currency].orders if currency in sums else 0,
            *(_money(sums[currency]) if currency in sums else none),
            amount(paid.get(currency), currency), amount(open_.get(currency), currency),
        )
        for currency in sorted({*sums, *paid, *open_})
    ]  # fmt: skip


def _sum_by_currency(conditions: list[sa.ColumnElement[bool]]) -> dict[str, int]:
    statement = sa.select(Order.currency, sa.func.sum(Order.total_minor)).where(*conditions).group_by(Order.currency)
    return {currency: int(minor) for currency, minor in db.session.execute(statement)}


def _states(period: Period) -> Table:
    statement = (
        sa.select(Order.state, Order.currency, sa.func.count().label("orders"), sa.func.sum(Order.total_minor).label("minor"))
        .where(*placed_in(period))
        .group_by(Order.state, Order.currency)
        .order_by(Order.state, Order.currency)
    )  # fmt: skip
    rows: list[tuple[Cell, ...]] = [
        (row.state.capitalize(), row.currency, row.orders, amount(row.minor, row.currency))
        for row in db.session.execute(statement)
    ]
    return Table("Where those orders stand now", ("State", "Currency", "Orders", "Amount"), rows)


def _charts(period: Period) -> list[Chart]:
    found: dict[str, dict[Any, Any]] = {}
    for row in db.session.execute(_steps(period, bucket_of(Order.placed_at, period))):
        found.setdefault(row.currency, {})[row.step] = _money(row)[3]
    return [Chart(f"Net, {currency}", *bars(values, period)) for currency, values in found.items()]


def _detail(period: Period) -> Iterator[Sequence[Cell]]:
    statement = _steps(period, day_of(Order.placed_at, period))
    for row in db.session.execute(statement, execution_options={"yield_per": CHUNK}):
        yield (row.step, row.currency, row.orders, *_money(row))
