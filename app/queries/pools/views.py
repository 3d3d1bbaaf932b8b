"""The page and the JSON of pools."""

from typing import Any

from flask import Blueprint, Response

from app.core.access import allow
from app.core.api import contract
from app.core.web import is_partial, page
from app.queries.pools import looks
from app.queries.pools.reads import read_pools
from app.queries.pools.schemas import PoolsOut, pools_out
from app.queries.views.live import tabs_in_time

bp = Blueprint("pools", __name__, url_prefix="/pools")
api_bp = Blueprint("pools_api", __name__, url_prefix="/api/pools")


@bp.get("")
@allow("queries:read", installation=True)
def show_pools() -> Response:
    """Show every login's pools in all processes, who waits and how long, beside PostgreSQL's own count."""
    view = read_pools()
    shown: dict[str, Any] = {"view": view, "verdict": looks.verdict_of(view), "looks": looks}
    if is_partial():
        return page("queries/pools_live.html", **shown)
    return page("queries/pools.html", tabs=tabs_in_time("pools"), **shown)


@api_bp.get("")
@contract(scope="queries:read", returns={200: PoolsOut}, tag="Statements", installation=True)
def list_pools() -> PoolsOut:
    """List the pools of all processes: total, in use, idle, waiting, and how long taking a connection took."""
    return pools_out(read_pools())
