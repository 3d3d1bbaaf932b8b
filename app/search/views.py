"""`/search`: goes straight to the one thing meant, else shows what was found."""

from flask import Blueprint, Flask, Response, redirect, request, url_for
from werkzeug import Response as AnyResponse

from app.core import guards
from app.core.access import allow
from app.core.auth import principal
from app.core.errors import Problem
from app.core.web import page
from app.search import reads

bp = Blueprint("search", __name__)
LONGEST = 200


@bp.get("/search")
@allow("orders:read", any_company=True)
def show_results() -> Response | AnyResponse:
    """Find a text everywhere in the company."""
    text = request.args.get("q", "").strip()[:LONGEST]
    if not text:
        return page("search/index.html", q="", orders=[], items=[], traces=[], pages=[])
    if principal().acting_in is None:
        return redirect(url_for("orders.index", q=text), 303)
    try:
        found = guards.call("search", reads.find_all, text)
    except Problem as refusal:
        if not guards.is_refusal(refusal):
            raise
        return show_away(text, getattr(refusal, "retry_after_s", 1))
    if isinstance(found, reads.Found):
        return redirect(page_of_found(found), 303)
    return page(
        "search/index.html",
        q=text,
        orders=found.orders,
        items=found.items,
        traces=found.traces,
        files=found.files,
        pages=sorted({href for trace in found.traces if (href := page_of_trace(trace))}),
    )


def show_away(text: str, retry_after_s: int) -> Response:
    """The page while search rests: it says so, and where to look meanwhile."""
    response = page("search/index.html", status=503, q=text, away_s=retry_after_s, orders=[], items=[], traces=[])
    response.headers["Retry-After"] = str(retry_after_s)
    return response


def page_of_found(found: reads.Found) -> str:
    """Return the address of the one thing meant."""
    if found.number is not None:
        return url_for("orders.show_order", number=found.number)
    if found.file_id is not None:
        return url_for("files.show_file", file_id=found.file_id)
    return url_for("inventory.show_item", sku=found.sku)


def page_of_trace(trace: reads.Trace) -> str | None:
    """Return the page of what a fact changed."""
    if trace.topic == "orders" and (trace.row_id or "").isdigit():
        return url_for("orders.show_order", number=int(trace.row_id or 0))
    if trace.topic == "inventory" and trace.sku:
        return url_for("inventory.show_item", sku=trace.sku)
    if trace.topic == "files" and trace.row_id:
        return url_for("files.show_file", file_id=trace.row_id)
    if trace.topic == "jobs" and trace.row_id:
        return url_for("jobs.show_job", job_id=trace.row_id)
    return None


def init_search(app: Flask) -> None:
    """Register the page."""
    app.register_blueprint(bp)
