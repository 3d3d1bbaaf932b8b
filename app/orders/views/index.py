"""The list of orders: tabs, filter, table, figures of the day."""

from typing import Any
from urllib.parse import urlencode

from flask import Response, make_response, redirect, request, url_for
from pydantic import ValidationError

from app.core import live
from app.core.access import allow
from app.core.api import problem_of
from app.core.auth import principal
from app.core.tenancy import current_scope
from app.core.web import fragment, is_partial, page
from app.orders import reads
from app.orders.reads.filter import PLACED_SPANS, SORT_WORDS, OrderFilter, View
from app.orders.states import OrderState
from app.orders.views.blueprint import bp


@bp.get("")
@allow("orders:read", any_company=True)
def index() -> Response:
    """Show the orders of the company, or of all companies to a platform admin who chose none."""
    if "" in request.args.values() and not is_partial():
        return make_response(redirect(clean_address()))
    wanted = read_filter()
    if current_scope().role == "platform":
        return page("orders/everywhere.html", block="rows", orders=reads.list_orders(wanted), **_frame(wanted))
    if live.is_head():
        tabs = _tabs(wanted, reads.count_views(), saved=True)
        return fragment("orders/_head.html", tabs=tabs, query=wanted.query(), figures=reads.day_figures())
    # The position is read before the rows: what changes in between comes again, and nothing is missed.
    state = live.state("orders")
    orders = reads.list_orders(wanted)
    if wanted.ids is not None:
        return page("orders/rows.html", orders=orders)
    if is_partial():
        return page("orders/index.html", block="list", live=state, orders=orders, **_frame(wanted))
    frame = _frame(wanted)
    frame["tabs"] = _tabs(wanted, reads.count_views(), saved=True)
    return page("orders/index.html", live=state, orders=orders, figures=reads.day_figures(), **frame)


def clean_address() -> str:
    """Return this address without the parameters that say nothing, as a form without script sends them."""
    said = [(name, value) for name, value in request.args.items(multi=True) if value != ""]
    return f"{request.path}?{urlencode(said)}" if said else request.path


def read_filter() -> OrderFilter:
    """Read the filter from the address; ticked states may come one by one.

    Raises:
        InvalidInput: A part of it cannot be used.
    """
    known = {info.alias or name for name, info in OrderFilter.model_fields.items()}
    found = {name: ",".join(v for v in request.args.getlist(name) if v) for name in request.args if name in known}
    try:
        return OrderFilter.model_validate({name: value for name, value in found.items() if value})
    except ValidationError as error:
        raise problem_of(error) from None


def _frame(wanted: OrderFilter) -> dict[str, Any]:
    """What stands around the rows, for one company and for all alike."""
    return {
        "wanted": wanted,
        "tabs": _tabs(wanted, {}, saved=False),
        "chips": _chips(wanted),
        "sort_words": SORT_WORDS[wanted.order],
        "query": wanted.query(),
        "states": list(OrderState),
        "spans": [(key, words.capitalize()) for key, (words, _) in PLACED_SPANS.items()],
        "clear_href": url_for("orders.index", view=None if wanted.view is View.ALL else wanted.view.value),
    }


def _tabs(wanted: OrderFilter, counts: dict[View, str], *, saved: bool) -> list[dict[str, Any]]:
    here = wanted.query(sort=None)
    tabs = [
        {
            "label": view.label,
            "href": url_for("orders.index", view=None if view is View.ALL else view.value),
            "current": wanted.view is view and not wanted.has_conditions,
            "count": counts.get(view),
        }
        for view in View
    ]
    if saved:
        for view in reads.list_views(principal().public_id):
            href = f"{url_for('orders.index')}?{view.query}"
            tabs.append({"label": view.name, "href": href, "current": bool(here) and view.query == wanted.query()})
    if sum(bool(tab["current"]) for tab in tabs) > 1:
        tabs[0]["current"] = False
    return tabs


def _chips(wanted: OrderFilter) -> list[dict[str, str]]:
    def without(**changes: None) -> str:
        return f"{url_for('orders.index')}?{wanted.query(**changes)}"

    chips = []
    if wanted.q:
        chips.append({"label": "Search", "value": wanted.q, "href": without(q=None)})
    if wanted.state:
        chips.append({"label": "State", "value": ", ".join(wanted.state), "href": without(state=None)})
    if wanted.placed:
        chips.append({"label": "Placed", "value": PLACED_SPANS[wanted.placed][0], "href": without(placed=None)})
    if wanted.placed_from:
        chips.append({"label": "From", "value": str(wanted.placed_from), "href": without(placedFrom=None)})
    if wanted.placed_to:
        chips.append({"label": "To", "value": str(wanted.placed_to), "href": without(placedTo=None)})
    return chips
