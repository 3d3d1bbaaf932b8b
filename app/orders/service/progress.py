"""The way of an order: paid, packed, delivered, or cancelled."""

from app.core import clock
from app.core.db import transaction
from app.core.money import to_minor, to_text
from app.core.outbox import record
from app.inventory import service as inventory
from app.orders.events import OrderStatusChanged, OrderUpdated
from app.orders.models import Order
from app.orders.service.locking import lock_order, units_by_item
from app.orders.service.pricing import sum_up
from app.orders.service.stock import keep_missing
from app.orders.states import OrderState


def pay_order(number: int) -> Order:
    """Note that an order is paid.

    Raises:
        StateCannotFollow: It is not waiting for payment.
    """
    with transaction():
        order = lock_order(number)
        change_state(order, OrderState.PAID)
    return order


def pack_order(number: int) -> Order:
    """Note that an order is packed. Stock that came in meanwhile is kept for lines that were short.

    Raises:
        StateCannotFollow: It is not paid, or further already.
        OutOfStock: Nothing of it is there to pack.
    """
    with transaction():
        order = lock_order(number)
        order.must_allow(OrderState.PACKED)
        keep_missing(order)
        change_state(order, OrderState.PACKED)
    return order


def deliver_order(number: int) -> Order:
    """Note that a shipped order arrived.

    Raises:
        StateCannotFollow: It has not left.
    """
    with transaction():
        order = lock_order(number)
        change_state(order, OrderState.DELIVERED)
    return order


def cancel_order(number: int, *, reason: str | None = None) -> Order:
    """Cancel an order and let its stock go.

    Raises:
        StateCannotFollow: It is over.
        ParcelHasLeft: Something of it has left; its rest can be cancelled.
    """
    with transaction():
        order = lock_order(number)
        order.must_allow(OrderState.CANCELLED)
        held = {line.line_no: line.reserved for line in order.lines}
        inventory.release(number, units_by_item(order.lines, held))
        for line in order.lines:
            line.reserved = 0
        change_state(order, OrderState.CANCELLED, reason=reason or None)
    return order


def cancel_rest(number: int, *, reason: str | None = None) -> Order:
    """Cancel what has not left of a partly shipped order: it is shipped then, and costs what was shipped.

    When everything that left is back already, the order ends as returned.

    Raises:
        NoRestToCancel: No parcel has left yet, or everything has.
    """
    with transaction():
        order = lock_order(number)
        order.must_have_rest()
        before = {"cancelledUnits": order.cancelled_units, "total": to_text(order.total_minor, order.currency)}
        held = {line.line_no: line.reserved for line in order.lines}
        inventory.release(number, units_by_item(order.lines, held))
        for line in order.lines:
            line.cancel_rest(lambda amount: to_minor(amount, order.currency))
        sum_up(order)
        change_state(order, OrderState.SHIPPED, reason=reason or None)
        order.shipped_at = order.shipments[-1].shipped_at
        after = {"cancelledUnits": order.cancelled_units, "total": to_text(order.total_minor, order.currency)}
        changes = {name: {"before": before[name], "after": after[name]} for name in before}
        record(OrderUpdated(number=number, changes=changes), version=order.version)
        if not order.with_customer:
            change_state(order, OrderState.RETURNED)
    return order


def change_state(order: Order, to: OrderState, *, reason: str | None = None) -> None:
    """Move a locked order on and record it."""
    before = order.move(to, at=clock.now())
    record(
        OrderStatusChanged(number=order.number, from_=before.value, to=to.value, reason=reason), version=order.version
    )
