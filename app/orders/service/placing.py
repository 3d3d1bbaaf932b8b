"""Placing an order: stock is kept first, the number is taken last."""

from datetime import timedelta
from decimal import Decimal

from app.core import clock
from app.core.db import db, transaction
from app.core.money import scale
from app.core.outbox import record
from app.core.tenancy import current_company_id
from app.inventory import service as inventory
from app.inventory.service.ledger import lock_known
from app.orders.events import OrderCreated
from app.orders.models import Order
from app.orders.schemas import NewOrder
from app.orders.service.notes import write_note
from app.orders.service.numbers import allocate_numbers
from app.orders.service.pricing import build_lines, refuse_assets, refuse_unpriced, sum_up, units_by_sku

SHIP_WITHIN = timedelta(hours=24)


def place_order(wanted: NewOrder, *, currency: str, source: str) -> Order:
    """Place an order and keep stock for it: all of it, or nothing is placed.

    Args:
        wanted: What was asked for.
        currency: The company's, used when the order names none.
        source: Where it came from: `console`, `api`.

    Raises:
        UnknownSku: A SKU is no item here.
        NotForSale: A SKU is an asset.
        PriceNeeded: A line has no price, and the items' are in another currency.
        OutOfStock: Too little is free, and the company takes no backorders.
        OrderTooLarge: The total is beyond what an order may be worth.
    """
    money = wanted.currency or currency
    with transaction():
        units = units_by_sku(wanted.lines)
        # Locked before the number is taken: waiting for stock must not make every other order wait for its number.
        refuse_assets(lock_known(units))
        refuse_unpriced(wanted.lines, money)
        number = allocate_numbers()
        held = inventory.reserve(number, units)
        order = _build(number, wanted, money, source)
        order.lines = build_lines(number, wanted.lines, held, money)
        sum_up(order)
        db.session.add(order)
        db.session.flush()
        record(_created(order), version=order.version)
        if wanted.note is not None:
            write_note(order, wanted.note, at=order.placed_at)
    return order


def _build(number: int, wanted: NewOrder, currency: str, source: str) -> Order:
    now = clock.now()
    return Order(
        company_id=current_company_id(), number=number, customer_name=wanted.customer.name,
        customer_email=wanted.customer.email, customer_ref=wanted.customer.ref or None, currency=currency,
        total_minor=0, line_count=0, unit_count=0, source=source, external_ref=wanted.external_ref,
        placed_at=now, due_at=wanted.due_at or now + SHIP_WITHIN, updated_at=now,
    )  # fmt: skip


def _created(order: Order) -> OrderCreated:
    return OrderCreated(
        number=order.number, customer=order.customer_name, currency=order.currency,
        total=Decimal(order.total_minor).scaleb(-scale(order.currency)), line_count=order.line_count,
        unit_count=order.unit_count, due_at=order.due_at, external_ref=order.external_ref, source=order.source,
    )  # fmt: skip
