"""What the JSON API answers about orders."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from pydantic import Field

from app.core import clock
from app.core.money import price_text, to_text
from app.core.shapes import Answer, Instant
from app.orders.models import Order, OrderLine, Shipment


class CustomerOut(Answer):
    """Who ordered."""

    name: str
    email: str | None = None
    ref: str | None = None


class LineOut(Answer):
    """One line and how far it is."""

    line: int
    sku: str
    name: str
    quantity: int
    unit_price: str
    amount: str
    reserved: int
    shipped: int
    returned: int
    cancelled: int

    @classmethod
    def of(cls, line: OrderLine, currency: str) -> "LineOut":
        """Build it from the row."""
        return cls(
            line=line.line_no, sku=line.sku, name=line.name, quantity=line.quantity,
            unit_price=price_text(Decimal(line.unit_price)), amount=to_text(line.amount_minor, currency),
            reserved=line.reserved, shipped=line.shipped, returned=line.returned,
            cancelled=line.cancelled,
        )  # fmt: skip


class ParcelLineOut(Answer):
    """Units of one line in a parcel."""

    line: int
    quantity: int


class ShipmentOut(Answer):
    """One parcel."""

    number: int
    carrier: str
    tracking_number: str | None
    shipped_at: Instant
    shipped_by: str
    lines: list[ParcelLineOut]

    @classmethod
    def of(cls, shipment: Shipment) -> "ShipmentOut":
        """Build it from the row."""
        return cls(
            number=shipment.shipment_no, carrier=shipment.carrier, tracking_number=shipment.tracking_number,
            shipped_at=shipment.shipped_at, shipped_by=shipment.shipped_by,
            lines=[ParcelLineOut(line=line.line_no, quantity=line.quantity) for line in shipment.lines],
        )  # fmt: skip


class OrderOut(Answer):
    """A whole order."""

    number: int
    state: str
    customer: CustomerOut
    currency: str
    total: str
    line_count: int
    unit_count: int
    returned_units: int
    cancelled_units: int
    is_late: bool
    source: str
    external_ref: str | None
    version: int
    placed_at: Instant
    due_at: Instant
    paid_at: Instant | None
    packed_at: Instant | None
    shipped_at: Instant | None
    delivered_at: Instant | None
    cancelled_at: Instant | None
    returned_at: Instant | None
    updated_at: Instant
    lines: list[LineOut]
    shipments: list[ShipmentOut]

    @classmethod
    def of(cls, order: Order) -> "OrderOut":
        """Build it from the row and its lines."""
        return cls(
            number=order.number, state=order.state, currency=order.currency, line_count=order.line_count,
            customer=CustomerOut(name=order.customer_name, email=order.customer_email, ref=order.customer_ref),
            total=to_text(order.total_minor, order.currency), unit_count=order.unit_count,
            returned_units=order.returned_units, cancelled_units=order.cancelled_units, is_late=order.is_late(clock.now()), source=order.source,
            external_ref=order.external_ref, version=order.version, placed_at=order.placed_at, due_at=order.due_at,
            paid_at=order.paid_at, packed_at=order.packed_at, shipped_at=order.shipped_at,
            delivered_at=order.delivered_at, cancelled_at=order.cancelled_at, returned_at=order.returned_at,
            updated_at=order.updated_at, lines=[LineOut.of(line, order.currency) for line in order.lines],
            shipments=[ShipmentOut.of(shipment) for shipment in order.shipments],
        )  # fmt: skip


class CompanyRef(Answer):
    """Whose order it is, in a list over all companies."""

    slug: str
    name: str


class OrderSummary(Answer):
    """An order as lists show it."""

    number: int
    state: str
    customer: CustomerOut
    currency: str
    total: str
    line_count: int
    unit_count: int
    is_late: bool
    external_ref: str | None
    version: int
    placed_at: Instant
    due_at: Instant
    updated_at: Instant
    company: CompanyRef | None = None


class OrderList(Answer):
    """One page of orders."""

    items: list[OrderSummary]
    next_cursor: str | None


class TimelineEvent(Answer):
    """Something that happened to an order."""

    seq: int
    id: str
    type: str
    time: datetime
    actor: dict[str, Any]
    request_id: str
    version: int | None
    data: dict[str, Any]


class Timeline(Answer):
    """One page of an order's history, newest first."""

    items: list[TimelineEvent]
    next_cursor: str | None


class BulkResult(Answer):
    """What became of one order of a bulk act."""

    number: int
    ok: bool
    code: str | None = None
    detail: str | None = None


class BulkAnswer(Answer):
    """What became of each, or the job that works through all that match."""

    results: list[BulkResult] = Field(default_factory=list)
    done: int = 0
    refused: int = 0
    job_id: str | None = None


class ViewOut(Answer):
    """A named filter."""

    id: str
    name: str
    query: str
    is_shared: bool
    is_own: bool


class ViewList(Answer):
    """The named filters a person sees."""

    items: list[ViewOut]
