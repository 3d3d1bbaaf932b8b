"""The one sentence about an order: what is true, and what to do."""

from dataclasses import dataclass
from datetime import datetime

from app.core.present import format_duration, plural
from app.orders.models import Order
from app.orders.states import OPEN, OrderState


@dataclass(frozen=True)
class Verdict:
    """A sentence and its tone."""

    tone: str
    text: str


_PLAIN = {
    OrderState.PLACED: Verdict("idle", "Placed and waiting for payment. All of it is in stock."),
    OrderState.PAID: Verdict("good", "Paid and ready to pack. All of it is in stock."),
    OrderState.PACKED: Verdict("good", "Packed and waiting for the carrier."),
    OrderState.SHIPPED: Verdict("good", "On its way."),
    OrderState.DELIVERED: Verdict("good", "Delivered."),
    OrderState.CANCELLED: Verdict("idle", "Cancelled. Its stock was let go."),
    OrderState.RETURNED: Verdict("idle", "Returned."),
}


def order_verdict(order: Order, now: datetime) -> Verdict:
    """Return the sentence for an order's page."""
    short = sum(line.short for line in order.lines)
    if order.is_late(now):
        return _late(order, now, short)
    if short and order.state in OPEN:
        return Verdict("warn", f"{plural(short, 'unit')} of it {'is' if short == 1 else 'are'} not in stock.")
    if order.state == OrderState.PACKED and order.shipped_units:
        return Verdict("good", f"Partly shipped: {plural(order.remaining_units, 'unit')} still here.")
    if order.state == OrderState.SHIPPED and order.cancelled_units:
        gone = plural(order.cancelled_units, "unit was", "units were")
        return Verdict("good", f"On its way. The rest, {gone} cancelled.")
    if order.state == OrderState.DELIVERED and order.returned_units:
        return Verdict("good", f"Delivered, {plural(order.returned_units, 'unit')} came back.")
    return _PLAIN[OrderState(order.state)]


def _late(order: Order, now: datetime, short: int) -> Verdict:
    late = format_duration((now - order.due_at).total_seconds())
    what = "Paid and not packed" if order.state == OrderState.PAID else "Packed and not shipped"
    if order.is_partly_shipped:
        what = f"Partly shipped, {plural(order.remaining_units, 'unit')} still here"
    lack = f": {plural(short, 'unit is', 'units are')} short" if short else ""
    return Verdict("warn", f"{what}, {late} past its time{lack}.")
