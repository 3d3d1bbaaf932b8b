"""Editing an order by hand. Two people editing at once: the second sees what the first changed."""

from flask import Response, url_for
from pydantic import ValidationError

from app.core.access import allow
from app.core.db import transaction
from app.core.errors import Problem, VersionConflict
from app.core.idempotency import once
from app.core.outbox import savepoint
from app.core.web import done, page
from app.orders import reads, service
from app.orders.models import Order
from app.orders.schemas import EditOrder
from app.orders.states import EDITABLE_LINES
from app.orders.story import changes_in_words
from app.orders.views.blueprint import bp
from app.orders.views.form import OrderForm, as_body, form_of, note_invalid, note_problem, read_form
from app.orders.views.placing import suggestions

UNPROCESSABLE = 422


@bp.get("/<int:number>/edit")
@allow("orders:write")
def edit_order(number: int) -> Response:
    """Show the order as a form."""
    order = reads.find_order(number)
    return _show(order, form_of(order).with_spare_rows())


@bp.post("/<int:number>")
@allow("orders:write")
@once
def update_order(number: int) -> Response:
    """Change the order, or show the form again with what is wrong."""
    form = read_form()
    try:
        wanted = EditOrder.model_validate(_body(form))
        with transaction(), savepoint():
            order = service.edit_order(number, wanted)
    except ValidationError as error:
        note_invalid(form, error)
        return _show(reads.find_order(number), form.with_spare_rows(), UNPROCESSABLE)
    except VersionConflict as conflict:
        order = reads.find_order(number)
        form.values["version"] = str(order.version)
        return _show(order, form.with_spare_rows(), conflict.status, conflict)
    except Problem as problem:
        order = reads.find_order(number)
        note_problem(form, problem)
        return _show(order, form.with_spare_rows(), problem.status)
    return done(url_for("orders.show_order", number=order.number), toast=f"Order {order.number} is changed.")


def _body(form: OrderForm) -> dict[str, object]:
    body = as_body(form)
    del body["currency"]
    # A paid order's form has no rows: nothing is said about its lines then.
    if not form.rows:
        del body["lines"]
    return {**body, "version": form.values.get("version", "")}


def _show(order: Order, form: OrderForm, status: int = 200, conflict: VersionConflict | None = None) -> Response:
    changes = changes_in_words(conflict.changed, order.currency) if conflict else {}
    return page(
        "orders/edit.html", status=status, order=order, form=form, conflict=conflict, conflict_changes=changes,
        can_change_lines=order.state in EDITABLE_LINES,
        **suggestions(""),
    )  # fmt: skip
