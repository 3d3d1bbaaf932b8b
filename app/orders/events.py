"""Facts about orders. An act records them in this order: the state first, then the shipment."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from app.core.outbox import Fact


class OrderCreated(Fact, type="order.created", topic="orders", row="number"):
    """An order was placed. Amounts are decimal strings of the currency."""

    number: int
    customer: str
    currency: str
    total: Decimal
    line_count: int
    unit_count: int
    due_at: datetime
    external_ref: str | None
    source: str


class OrderUpdated(Fact, type="order.updated", topic="orders", row="number"):
    """Details changed, units came back, or somebody wrote a note.

    `changes` is field → {before, after}; `note` and `note_no` are there when a note was written.
    """

    number: int
    changes: dict[str, Any]
    note: str | None = None
    note_no: int | None = None


class OrderStatusChanged(Fact, type="order.status-changed", topic="orders", row="number"):
    """An order went from one state to the next."""

    number: int
    from_: str
    to: str
    reason: str | None = None


class OrderShipped(Fact, type="order.shipped", topic="orders", row="number"):
    """A parcel left. `lines` holds line, sku and quantity; `remaining_units` did not leave yet."""

    number: int
    shipment_no: int
    carrier: str
    tracking_number: str | None
    lines: list[dict[str, Any]]
    remaining_units: int
