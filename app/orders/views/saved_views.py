"""Keeping a filter under a name."""

from flask import Response, request, url_for

from app.core.access import allow
from app.core.auth import can, principal
from app.core.errors import Forbidden, InvalidInput
from app.core.idempotency import once
from app.core.web import done, page
from app.orders import service
from app.orders.reads.saved_views import list_views
from app.orders.selection import read_query
from app.orders.views.blueprint import bp


@bp.get("/views")
@allow("orders:read")
def index_views() -> Response:
    """Show the named filters and a form for the one in the address."""
    me = principal().public_id
    return page(
        "orders/views.html", views=list_views(me), me=me, query=read_query(request.query_string.decode()).query()
    )


@bp.post("/views")
@allow("orders:read")
@once
def create_view() -> Response:
    """Keep the filter."""
    name = request.form.get("name", "").strip()
    if not 1 <= len(name) <= 60 or "\x00" in name:  # noqa: PLR2004 (a tab's width)
        raise InvalidInput(errors=[{"field": "name", "message": "Give the view a name of at most 60 characters."}])
    is_shared = bool(request.form.get("is_shared"))
    if is_shared and not can("orders:write"):
        raise Forbidden(permission="orders:write")
    view = service.save_view(
        principal().public_id, name, read_query(request.form.get("query", "")).query(), is_shared=is_shared
    )
    return done(f"{url_for('orders.index')}?{view.query}", toast=f"The view {view.name} is kept.")


@bp.post("/views/<public_id>/removal")
@allow("orders:read")
@once
def remove_view(public_id: str) -> Response:
    """Remove one's own view."""
    service.remove_view(principal().public_id, public_id)
    return done(url_for("orders.index_views"), toast="The view is removed.")
