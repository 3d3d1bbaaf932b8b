"""One order, and its packing slip."""

from typing import Any

from flask import Response

from app.core import clock, live
from app.core.access import allow
from app.core.web import is_partial, page
from app.orders import reads
from app.orders.answers import OrderOut
from app.orders.looks import look_of
from app.orders.models import Order
from app.orders.story import order_steps, story_of
from app.orders.verdict import order_verdict
from app.orders.views.blueprint import bp

TIMELINE_ROWS = 50


@bp.get("/<int:number>")
@allow("orders:read")
def show_order(number: int) -> Response:
    """Show an order with its lines, its way and its history."""
    state = live.state("orders")
    template = "orders/detail.html" if is_partial() else "orders/show.html"
    return page(template, live=state, **detail_of(reads.find_order(number)))


@bp.get("/<int:number>/packing-slip")
@allow("orders:read")
def show_packing_slip(number: int) -> Response:
    """Show what goes into the parcel, for printing."""
    return page("orders/packing_slip.html", order=reads.find_order(number))


def detail_of(order: Order) -> dict[str, Any]:
    """Return what the page of an order shows."""
    now = clock.now()
    rows, _ = reads.order_timeline(order.number, limit=TIMELINE_ROWS)
    is_late = order.is_late(now)
    return {
        "order": order,
        "look": look_of(order.state, is_late=is_late),
        "verdict": order_verdict(order, now),
        "steps": order_steps(order, is_late=is_late),
        "story": story_of(order, rows, reads.notes_of(order.number)),
        "raw": OrderOut.of(order).model_dump_json(by_alias=True, indent=2),
    }
