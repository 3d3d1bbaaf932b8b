"""The states of an order and what may follow what."""

from enum import StrEnum


class OrderState(StrEnum):
    """Where an order stands."""

    PLACED = "placed"
    PAID = "paid"
    PACKED = "packed"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    RETURNED = "returned"


NEXT: dict[OrderState, tuple[OrderState, ...]] = {
    OrderState.PLACED: (OrderState.PAID, OrderState.CANCELLED),
    OrderState.PAID: (OrderState.PACKED, OrderState.CANCELLED),
    OrderState.PACKED: (OrderState.SHIPPED, OrderState.CANCELLED),
    OrderState.SHIPPED: (OrderState.DELIVERED, OrderState.RETURNED),
    OrderState.DELIVERED: (OrderState.RETURNED,),
    OrderState.CANCELLED: (),
    OrderState.RETURNED: (),
}
OPEN = (OrderState.PLACED, OrderState.PAID, OrderState.PACKED)
LATE = (OrderState.PAID, OrderState.PACKED)  # past due and still in these: somebody has to act
STEPS = (OrderState.PLACED, OrderState.PAID, OrderState.PACKED, OrderState.SHIPPED, OrderState.DELIVERED)
EDITABLE_LINES = (OrderState.PLACED,)  # what was paid for is not changed silently
