"""Shipping: a parcel leaves with all of an order, or with some of its lines."""

from app.core import clock
from app.core.context import actor
from app.core.db import db, transaction
from app.core.outbox import record
from app.inventory import service as inventory
from app.orders.events import OrderShipped
from app.orders.models import Order, Shipment, ShipmentLine
from app.orders.schemas import ShipOrder
from app.orders.service.locking import lock_order, units_by_item, units_by_line
from app.orders.service.progress import change_state
from app.orders.service.stock import keep_missing
from app.orders.states import OrderState


def ship_order(number: int, wanted: ShipOrder) -> Order:
    """Ship what is ready, or the lines named. With the last unit the order becomes shipped.

    Raises:
        StateCannotFollow: It is not packed.
        UnknownLine: A line named is not there.
        TooManyToShip: More than is ready.
        NothingToShip: No unit was named.
    """
    with transaction():
        order = lock_order(number)
        order.must_allow(OrderState.SHIPPED)
        keep_missing(order)
        named = wanted.lines
        units = {line.line_no: line.reserved for line in order.lines} if named is None else units_by_line(order, named)
        is_complete = order.ship_lines(units)
        inventory.ship(number, units_by_item(order.lines, units))
        shipment = _add_shipment(order, wanted, units)
        if is_complete:
            change_state(order, OrderState.SHIPPED)
        else:
            order.touch(clock.now())
        record(_shipped(order, shipment), version=order.version)
    return order


def _add_shipment(order: Order, wanted: ShipOrder, units: dict[int, int]) -> Shipment:
    shipment_no = len(order.shipments) + 1
    shipment = Shipment(
        company_id=order.company_id, order_number=order.number, shipment_no=shipment_no, carrier=wanted.carrier,
        tracking_number=wanted.tracking_number, shipped_at=clock.now(), shipped_by=str(actor().get("name", "")),
        lines=[
            ShipmentLine(
                company_id=order.company_id, order_number=order.number, shipment_no=shipment_no, line_no=line_no,
                quantity=quantity,
            )
            for line_no, quantity in sorted(units.items())
            if quantity
        ],
    )  # fmt: skip
    order.shipments.append(shipment)
    db.session.flush()
    return shipment


def _shipped(order: Order, shipment: Shipment) -> OrderShipped:
    sku = {line.line_no: line.sku for line in order.lines}
    return OrderShipped(
        number=order.number, shipment_no=shipment.shipment_no, carrier=shipment.carrier,
        tracking_number=shipment.tracking_number,
        lines=[{"line": one.line_no, "sku": sku[one.line_no], "quantity": one.quantity} for one in shipment.lines],
        remaining_units=order.remaining_units,
    )  # fmt: skip
