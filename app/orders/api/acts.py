"""What is done to an order, as JSON. Each act is a noun that is created."""

from app.core.api import contract
from app.core.errors import NotFound
from app.inventory.problems import OutOfStock
from app.orders import service
from app.orders.answers import OrderOut
from app.orders.api.blueprint import api_bp
from app.orders.problems import (
    NoRestToCancel,
    NoteTooLong,
    NothingToShip,
    ParcelHasLeft,
    StateCannotFollow,
    TooManyToReturn,
    TooManyToShip,
    UnknownLine,
)
from app.orders.schemas import CancelOrder, NewNote, ReturnOrder, ShipOrder

STATE = [NotFound, StateCannotFollow]


@api_bp.post("/<int:number>/payment")
@contract(scope="orders:write", returns={201: OrderOut}, problems=STATE)
def create_payment(number: int) -> OrderOut:
    """Note that an order is paid."""
    return OrderOut.of(service.pay_order(number))


@api_bp.post("/<int:number>/packing")
@contract(scope="orders:write", returns={201: OrderOut}, problems=[*STATE, OutOfStock])
def create_packing(number: int) -> OrderOut:
    """Note that a paid order is packed."""
    return OrderOut.of(service.pack_order(number))


@api_bp.post("/<int:number>/shipment")
@contract(
    scope="orders:write",
    body=ShipOrder,
    returns={201: OrderOut},
    problems=[*STATE, UnknownLine, TooManyToShip, NothingToShip],
)
def create_shipment(number: int, body: ShipOrder) -> OrderOut:
    """Ship a packed order, or some of its lines."""
    return OrderOut.of(service.ship_order(number, body))


@api_bp.post("/<int:number>/delivery")
@contract(scope="orders:write", returns={201: OrderOut}, problems=STATE)
def create_delivery(number: int) -> OrderOut:
    """Note that a shipped order arrived."""
    return OrderOut.of(service.deliver_order(number))


@api_bp.post("/<int:number>/cancellation")
@contract(scope="orders:write", body=CancelOrder, returns={201: OrderOut}, problems=[*STATE, ParcelHasLeft])
def create_cancellation(number: int, body: CancelOrder) -> OrderOut:
    """Cancel an order that has not left, and let its stock go."""
    return OrderOut.of(service.cancel_order(number, reason=body.reason))


@api_bp.post("/<int:number>/rest-cancellation")
@contract(scope="orders:write", body=CancelOrder, returns={201: OrderOut}, problems=[NotFound, NoRestToCancel])
def create_rest_cancellation(number: int, body: CancelOrder) -> OrderOut:
    """Cancel what has not left of a partly shipped order; it is shipped then, and costs what was shipped."""
    return OrderOut.of(service.cancel_rest(number, reason=body.reason))


@api_bp.post("/<int:number>/return")
@contract(
    scope="orders:write",
    body=ReturnOrder,
    returns={201: OrderOut},
    problems=[*STATE, UnknownLine, TooManyToReturn, NothingToShip],
)
def create_return(number: int, body: ReturnOrder) -> OrderOut:
    """Take back an order, or some of its lines, and put the units on the shelf."""
    return OrderOut.of(service.return_order(number, body))


@api_bp.post("/<int:number>/notes")
@contract(scope="orders:write", body=NewNote, returns={201: OrderOut}, problems=[NotFound, NoteTooLong])
def create_note(number: int, body: NewNote) -> OrderOut:
    """Write a note on an order."""
    return OrderOut.of(service.add_note(number, body.text))
