"""Placing an order by hand."""

from typing import Any

from flask import Response, request, url_for
from pydantic import ValidationError

from app.core.access import allow
from app.core.auth import company
from app.core.db import transaction
from app.core.errors import Problem
from app.core.idempotency import once
from app.core.outbox import savepoint
from app.core.web import done, page
from app.inventory.reads import list_rows
from app.inventory.schemas import ListItems
from app.orders import service
from app.orders.schemas import NewOrder
from app.orders.views.blueprint import bp
from app.orders.views.form import OrderForm, as_body, note_invalid, note_problem, read_form

UNPROCESSABLE = 422
SUGGESTED = 50
MAX_TERM = 100


@bp.get("/new")
@allow("orders:write")
def new_order() -> Response:
    """Show the empty form."""
    return _show(OrderForm().with_spare_rows(5))


@bp.post("")
@allow("orders:write")
@once
def create_order() -> Response:
    """Place the order of the form, or show the form again with what is wrong."""
    form = read_form()
    if request.form.get("more"):
        return _show(form.with_spare_rows(10))
    try:
        wanted = NewOrder.model_validate({**as_body(form), "note": form.values.get("note") or None})
        with transaction(), savepoint():
            order = service.place_order(wanted, currency=company().currency, source="console")
    except ValidationError as error:
        note_invalid(form, error)
        return _show(form.with_spare_rows(), UNPROCESSABLE)
    except Problem as problem:
        note_problem(form, problem)
        return _show(form.with_spare_rows(), problem.status)
    return done(url_for("orders.show_order", number=order.number), toast=f"Order {order.number} is placed.")


@bp.get("/new/skus")
@allow("orders:write")
def suggest_skus() -> Response:
    """List products whose SKU or name holds what is typed in a line."""
    term = request.args.get("sku", "").strip()[:MAX_TERM]
    return page("orders/_skus.html", **suggestions(term))


def suggestions(term: str) -> dict[str, Any]:
    """Return what a form of lines offers for a SKU that begins to be typed."""
    rows, _ = list_rows(ListItems(q=term or None, limit=SUGGESTED), with_sales=False)
    return {"items": [row for row in rows if row.is_for_sale], "currency": company().currency}


def _show(form: OrderForm, status: int = 200) -> Response:
    # The first products stand in the page, so that a small shop needs no script to choose from its own.
    return page("orders/new.html", status=status, form=form, **suggestions(""))
