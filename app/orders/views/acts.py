"""What is done to one order, as page forms."""

from typing import TypeVar

from flask import Response, request, url_for
from pydantic import ValidationError

from app.core.access import allow
from app.core.api import parse_form, problem_of
from app.core.db import transaction
from app.core.errors import Problem
from app.core.idempotency import once
from app.core.outbox import savepoint
from app.core.present import plural
from app.core.web import done, page
from app.orders import reads, service
from app.orders.models import Order
from app.orders.schemas import CancelOrder, NewNote, ReturnOrder, ShipOrder
from app.orders.views.blueprint import bp

Kind = TypeVar("Kind", ShipOrder, ReturnOrder)


@bp.post("/<int:number>/payment")
@allow("orders:write")
@once
def create_payment(number: int) -> Response:
    """Mark an order paid."""
    return _done(service.pay_order(number), "is paid")


@bp.post("/<int:number>/packing")
@allow("orders:write")
@once
def create_packing(number: int) -> Response:
    """Mark an order packed."""
    return _done(service.pack_order(number), "is packed")


@bp.post("/<int:number>/delivery")
@allow("orders:write")
@once
def create_delivery(number: int) -> Response:
    """Mark an order delivered."""
    return _done(service.deliver_order(number), "is delivered")


@bp.get("/<int:number>/cancellation")
@allow("orders:write")
def ask_cancellation(number: int) -> Response:
    """Ask before an order is cancelled, for those without script."""
    return page("orders/cancel.html", order=reads.find_order(number))


@bp.post("/<int:number>/cancellation")
@allow("orders:write")
@once
def create_cancellation(number: int) -> Response:
    """Cancel an order."""
    return _done(service.cancel_order(number, reason=parse_form(CancelOrder).reason), "is cancelled")


@bp.get("/<int:number>/rest-cancellation")
@allow("orders:write")
def ask_rest_cancellation(number: int) -> Response:
    """Ask before the rest of a partly shipped order is cancelled; the page counts it at that moment."""
    order = reads.find_order(number)
    order.must_have_rest()
    return page("orders/cancel_rest.html", order=order)


@bp.post("/<int:number>/rest-cancellation")
@allow("orders:write")
@once
def create_rest_cancellation(number: int) -> Response:
    """Cancel what has not left of an order."""
    order = service.cancel_rest(number, reason=parse_form(CancelOrder).reason)
    return _done(order, f"goes on without {plural(order.cancelled_units, 'unit')}")


@bp.get("/<int:number>/shipment")
@allow("orders:write")
def ask_shipment(number: int) -> Response:
    """Ask what leaves, and with whom."""
    return page("orders/ship.html", order=reads.find_order(number), problem=None, form={})


@bp.post("/<int:number>/shipment")
@allow("orders:write")
@once
def create_shipment(number: int) -> Response:
    """Ship an order, or the units named."""
    fields = {
        "carrier": request.form.get("carrier", ""),
        "tracking_number": request.form.get("tracking_number") or None,
    }
    try:
        with transaction(), savepoint():
            wanted = _shaped(ShipOrder, {**fields, "lines": _named_units()})
            order = service.ship_order(number, wanted)
    except Problem as problem:
        return _ask_again("orders/ship.html", number, problem)
    left = order.remaining_units
    return _done(order, f"has {plural(left, 'unit')} still to ship" if left else "is shipped")


@bp.get("/<int:number>/return")
@allow("orders:write")
def ask_return(number: int) -> Response:
    """Ask what came back."""
    return page("orders/return.html", order=reads.find_order(number), problem=None, form={})


@bp.post("/<int:number>/return")
@allow("orders:write")
@once
def create_return(number: int) -> Response:
    """Take an order back, or the units named."""
    try:
        with transaction(), savepoint():
            wanted = _shaped(ReturnOrder, {"reason": request.form.get("reason") or None, "lines": _named_units()})
            order = service.return_order(number, wanted)
    except Problem as problem:
        return _ask_again("orders/return.html", number, problem)
    return _done(order, "is back on the shelf" if order.state == "returned" else "is partly back on the shelf")


@bp.post("/<int:number>/notes")
@allow("orders:write")
@once
def create_note(number: int) -> Response:
    """Write a note."""
    order = service.add_note(number, parse_form(NewNote).text)
    return done(url_for("orders.show_order", number=order.number), toast="Your note is kept.")


def _done(order: Order, what: str) -> Response:
    return done(url_for("orders.show_order", number=order.number), toast=f"Order {order.number} {what}.")


def _named_units() -> list[dict[str, str]] | None:
    """Return the units of the form's lines; None when the form names none at all (ship or take back everything)."""
    named = [(name.removeprefix("line-"), value) for name, value in request.form.items() if name.startswith("line-")]
    if not named:
        return None
    return [
        {"line": line, "quantity": value}
        for line, value in named
        if line.isdecimal() and value.strip() not in {"", "0"}
    ]


def _shaped(shape: type[Kind], values: dict[str, object]) -> Kind:
    try:
        return shape.model_validate(values)
    except ValidationError as error:
        raise problem_of(error) from None


def _ask_again(template: str, number: int, problem: Problem) -> Response:
    """Show the form again with what was wrong, and what was filled in."""
    order = reads.find_order(number)
    return page(template, status=problem.status, order=order, problem=problem, form=request.form)
