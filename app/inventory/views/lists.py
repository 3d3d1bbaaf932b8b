"""The inventory pages: the list, finding by SKU, a new item, the CSV file."""

from collections.abc import Iterator

from flask import Response, redirect, request, stream_with_context, url_for
from werkzeug.wrappers import Response as WerkzeugResponse

from app.core import live
from app.core.access import allow
from app.core.api import parse_form, parse_query
from app.core.auth import company
from app.core.errors import NotFound, Problem
from app.core.present import query_with, reader_zone
from app.core.tenancy import acting_for, current_scope
from app.core.web import done, fragment, page
from app.inventory import exports, reads, service
from app.inventory.forms import submit
from app.inventory.listeners import TOPIC
from app.inventory.panels import list_panels
from app.inventory.schemas import FindItem, ItemView, ListItems, NewItem, ShowItems
from app.inventory.views.blueprint import bp

VIEWS = {
    ItemView.ALL: "All",
    ItemView.SHORT: "Out or low",
    ItemView.OUT: "Out",
    ItemView.ASSETS: "Assets",
    ItemView.ARCHIVED: "Archived",
}


@bp.get("/inventory")
@allow("inventory:read", any_company=True)
def list_items() -> Response:
    """The items of a view, a category or a search; `ids=` asks for some of them again."""
    query = parse_query(ShowItems)
    if current_scope().role == "platform":
        return everywhere(query)
    if query.ids is not None:
        return fragment("inventory/rows.html", rows=reads.rows_on_page(query, query.row_ids))
    if live.is_head():
        summary = reads.summarize()
        return fragment("inventory/_head.html", summary=summary, views=tabs(query, summary))
    state = live.state(TOPIC)
    rows, cursor = reads.list_rows(query)
    summary = reads.summarize()
    return page(
        "inventory/index.html", block="rows", live=state, query=query, rows=rows, cursor=cursor, summary=summary,
        views=tabs(query, summary), categories=reads.categories(), chips=chips(query),
        matched=count_shown(query, rows, cursor), filter_text=request.query_string.decode(),
        panels=list_panels(),
    )  # fmt: skip


def everywhere(query: ListItems) -> Response:
    """Every company's stock, read only."""
    rows, cursor = reads.list_everywhere(query)
    views = tabs(query, None)
    return page("inventory/everywhere.html", query=query, rows=rows, cursor=cursor, views=views, chips=chips(query))


def count_shown(query: ListItems, rows: list[reads.StockRow], cursor: str | None) -> reads.Bounded:
    """Count what matches; a list that fits on one page needs no second question."""
    if cursor is None and query.after is None:
        return reads.Bounded(len(rows), is_more=False)
    return reads.count_matching(query)


def tabs(query: ListItems, summary: reads.Summary | None) -> list[dict[str, object]]:
    """Return the tabs of the list, each with its figure if there are figures."""
    figures = {
        ItemView.ALL: summary.total, ItemView.SHORT: summary.short, ItemView.OUT: summary.out,
        ItemView.ASSETS: summary.assets,
    } if summary else {}  # fmt: skip
    return [
        {
            "label": label, "href": query_with(view=view.value, sort=None), "current": query.view is view,
            "count": str(figures[view]) if view in figures else None,
        }
        for view, label in VIEWS.items()
    ]  # fmt: skip


def chips(query: ListItems) -> list[dict[str, str]]:
    """Return the conditions of the list, each with the address without it."""
    found = [("Category", query.category, "category"), ("Words", query.q, "q")]
    return [
        {"label": label, "value": value, "href": query_with(**{name: None})} for label, value, name in found if value
    ]


@bp.get("/inventory/find")
@allow("inventory:read")
def find_item() -> WerkzeugResponse:
    """Open the item whose SKU was scanned or pasted; else search for it."""
    sku = parse_query(FindItem).sku
    try:
        return redirect(url_for("inventory.show_item", sku=reads.get_item(sku).sku), 303)
    except NotFound:
        return redirect(url_for("inventory.list_items", q=sku), 303)


@bp.get("/inventory/export.csv")
@allow("inventory:read")
def export_items() -> Response:
    """The list as CSV: the same address, the same items, the same order."""
    query = parse_query(ListItems)
    here, zone = company(), reader_zone()

    def chunks() -> Iterator[str]:
        with acting_for(here.id):
            yield from exports.csv_chunks(query, query.sort, currency=here.currency, zone=zone)

    response = Response(stream_with_context(chunks()), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{exports.file_name(here.slug)}"'
    return response


@bp.get("/inventory/new")
@allow("inventory:write")
def new_item() -> Response:
    """The form of a new item."""
    return item_form({}, {})


@bp.post("/inventory")
@allow("inventory:write")
def create_item() -> Response:
    """Add an item."""

    def act() -> Response:
        item = service.create_item(parse_form(NewItem))
        return done(url_for("inventory.show_item", sku=item.sku), toast=f"{item.sku} added.")

    def again(problem: Problem, errors: dict[str, str]) -> Response:
        return item_form(request.form.to_dict(), errors)

    return submit(act, again)


def item_form(values: dict[str, str], errors: dict[str, str]) -> Response:
    """Render the form of a new item."""
    return page(
        "inventory/new.html", values=values, errors=errors, categories=reads.categories(), currency=company().currency
    )
