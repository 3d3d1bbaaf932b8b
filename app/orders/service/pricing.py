"""From what was asked for to lines with prices and kept stock."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

import sqlalchemy as sa

from app.core.db import db
from app.core.money import to_minor
from app.core.tenancy import current_company_id
from app.inventory.service import Reserved
from app.orders.models import Order, OrderLine
from app.orders.problems import MAX_TOTAL_MINOR, NotForSale, OrderTooLarge, PriceNeeded
from app.orders.schemas import NewLine

_companies = sa.table("companies", sa.column("id", sa.BigInteger), sa.column("currency", sa.Text))


if TYPE_CHECKING:
    from app.inventory.models import Item


def refuse_unpriced(lines: Sequence[NewLine], currency: str) -> None:
    """Refuse a line without a price in an order of another currency than the items have.

    Raises:
        PriceNeeded: Its figure would be taken for one of the other currency.
    """
    first = next((index for index, line in enumerate(lines) if line.unit_price is None), None)
    if first is None:
        return
    home = db.session.scalar(sa.select(_companies.c.currency).where(_companies.c.id == current_company_id()))
    if currency != home:
        field = f"lines.{first}.unitPrice"
        raise PriceNeeded(
            line=first + 1, sku=lines[first].sku, field=field, currency=currency, company_currency=str(home)
        )


def refuse_assets(items: "Sequence[Item]") -> None:
    """Refuse what the company owns and does not sell.

    Raises:
        NotForSale: One of them is an asset.
    """
    for item in items:
        if not item.is_for_sale:
            raise NotForSale(sku=item.sku)


def units_by_sku(lines: Sequence[NewLine]) -> dict[str, int]:
    """Sum the units of lines that name the same SKU."""
    wanted: dict[str, int] = {}
    for line in lines:
        wanted[line.sku] = wanted.get(line.sku, 0) + line.quantity
    return wanted


def build_lines(number: int, lines: Sequence[NewLine], held: Mapping[str, Reserved], currency: str) -> list[OrderLine]:
    """Make the rows. What is held of a SKU goes to its lines in their order."""
    left = {sku: one.reserved for sku, one in held.items()}
    rows = []
    for line_no, line in enumerate(lines, start=1):
        item = held[line.sku]
        kept = min(line.quantity, left[line.sku])
        left[line.sku] -= kept
        price = line.unit_price if line.unit_price is not None else Decimal(item.unit_price)
        rows.append(
            OrderLine(
                company_id=current_company_id(), order_number=number, line_no=line_no, item_id=item.item_id,
                sku=item.sku, name=item.name, quantity=line.quantity, unit_price=price,
                amount_minor=to_minor(price * line.quantity, currency), reserved=kept,
            )
        )  # fmt: skip
    return rows


def total_of(lines: Sequence[OrderLine]) -> int:
    """Sum the amounts, each already rounded to minor units.

    Raises:
        OrderTooLarge: More than an order may be worth.
    """
    total = sum(line.amount_minor for line in lines)
    if total > MAX_TOTAL_MINOR:
        raise OrderTooLarge
    return total


def sum_up(order: Order) -> None:
    """Repeat on the order what its lines say."""
    order.total_minor = total_of(order.lines)
    order.line_count = len(order.lines)
    order.unit_count = sum(line.wanted for line in order.lines)
