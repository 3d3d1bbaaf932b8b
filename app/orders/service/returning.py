"""Returns: units come back to the shelf, line by line or all at once."""

from app.core import clock
from app.core.db import transaction
from app.core.outbox import record
from app.inventory import service as inventory
from app.orders.events import OrderUpdated
from app.orders.models import Order
from app.orders.schemas import ReturnOrder
from app.orders.service.locking import lock_order, units_by_item, units_by_line
from app.orders.service.progress import change_state
from app.orders.states import OrderState


def return_order(number: int, wanted: ReturnOrder) -> Order:
    """Take back all that left, or the lines named. With the last unit the order becomes returned.

    Units of an order that is only partly shipped can come back too; it stays packed, because more is to follow.

    Raises:
        StateCannotFollow: It has not left yet, or all of it is back.
        UnknownLine: A line named is not there.
        TooManyToReturn: More than is with the customer.
        NothingToShip: No unit was named.
    """
    with transaction():
        order = lock_order(number)
        order.must_allow_return()
        named = wanted.lines
        units = (
            {line.line_no: line.with_customer for line in order.lines} if named is None else units_by_line(order, named)
        )
        before = order.returned_units
        is_all = order.return_lines(units)
        inventory.take_back(number, units_by_item(order.lines, units))
        if is_all:
            change_state(order, OrderState.RETURNED, reason=wanted.reason or None)
        else:
            order.touch(clock.now())
            changes = {"returnedUnits": {"before": before, "after": order.returned_units}}
            record(OrderUpdated(number=number, changes=changes, note=wanted.reason or None), version=order.version)
    return order
