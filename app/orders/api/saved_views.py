"""Named filters as JSON."""

from app.core.api import contract
from app.core.auth import can, principal
from app.core.errors import Forbidden, NotFound
from app.orders import reads, service
from app.orders.answers import ViewList, ViewOut
from app.orders.api.blueprint import api_bp
from app.orders.models import SavedView
from app.orders.schemas import NewView
from app.orders.selection import read_query
from app.orders.service.saved_views import ViewNameTaken


@api_bp.get("/views")
@contract(scope="orders:read", returns={200: ViewList})
def list_views() -> ViewList:
    """List one's own views and those shared in the company."""
    me = principal().public_id
    return ViewList(items=[answer(view, me) for view in reads.list_views(me)])


@api_bp.post("/views")
@contract(scope="orders:read", body=NewView, returns={201: ViewOut}, problems=[ViewNameTaken])
def create_view(body: NewView) -> ViewOut:
    """Keep a query of the list under a name."""
    if body.is_shared and not can("orders:write"):
        raise Forbidden(permission="orders:write")
    me = principal().public_id
    query = read_query(body.query).query()
    return answer(service.save_view(me, body.name, query, is_shared=body.is_shared), me)


@api_bp.delete("/views/<public_id>")
@contract(scope="orders:read", returns={204: None}, problems=[NotFound])
def delete_view(public_id: str) -> None:
    """Remove one's own view."""
    service.remove_view(principal().public_id, public_id)


def answer(view: SavedView, me: str) -> ViewOut:
    """Return a view as its reader sees it."""
    return ViewOut(
        id=view.public_id, name=view.name, query=view.query, is_shared=view.is_shared, is_own=view.owner == me
    )
