"""`/search`: goes straight to the one thing meant, else shows what was found."""

from flask import Blueprint, Flask, Response, redirect, request, url_for
from werkzeug import Response as AnyResponse

from app.core.access import allow
from app.core.auth import principal
from app.core.web import page
from app.search import reads

bp = Blueprint("search", __name__)
LONGEST = 200


@bp.get("/search")
@allow("orders:read", any_company=True)
def show_results() -> Response | AnyResponse:
    """Find a text everywhere in the company."""
    text = request.args.get("q", "").replace("\x00", "").strip()[:LONGEST]
    if not text:
        return page("search/index.html", q="", orders=[], items=[], traces=[])
    if principal().acting_in is None:
        return redirect(url_for("orders.index", q=text), 303)
    exact = reads.find_exact(text)
    if exact is not None:
        return redirect(exact, 303)
    return page(
        "search/index.html",
        q=text,
        orders=reads.find_orders(text),
        items=reads.find_items(text),
        traces=reads.find_traces(text),
    )


def init_search(app: Flask) -> None:
    """Register the page."""
    app.register_blueprint(bp)
