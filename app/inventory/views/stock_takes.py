"""Pages of stock-take sheets: the list, a new one, the sheet to count on and to print."""

from flask import Response, request, url_for

from app.core import live
from app.core.access import allow
from app.core.api import parse_form, parse_query
from app.core.errors import InvalidInput, Problem
from app.core.idempotency import once
from app.core.present import plural, query_with
from app.core.web import done, page
from app.inventory import reads, service
from app.inventory.forms import submit
from app.inventory.listeners import TOPIC
from app.inventory.models import MAX_UNITS
from app.inventory.schemas import ListPage, NewStockTakeForm
from app.inventory.views.blueprint import bp


@bp.get("/inventory/stock-takes")
@allow("inventory:read")
def list_stock_takes() -> Response:
    """The sheets, newest first."""
    query = parse_query(ListPage)
    sheets, cursor = reads.list_stock_takes(limit=query.limit, after=query.after)
    older = query_with(after=cursor) if cursor else None
    return page("inventory/stock_takes.html", sheets=sheets, older=older, is_first=query.after is None)


@bp.get("/inventory/stock-takes/new")
@allow("inventory:write")
def new_stock_take() -> Response:
    """The form of a new sheet."""
    return sheet_form(request.args.to_dict(), {})


@bp.post("/inventory/stock-takes")
@allow("inventory:write")
def create_stock_take() -> Response:
    """Make a sheet."""

    def act() -> Response:
        sheet = service.create_stock_take(parse_form(NewStockTakeForm).as_sheet())
        toast = f"Sheet {sheet.name} made with {plural(sheet.line_count, 'item')}."
        return done(url_for("inventory.show_stock_take", sheet_id=sheet.public_id), toast=toast)

    return submit(act, lambda _, errors: sheet_form(request.form.to_dict(), errors))


def sheet_form(values: dict[str, str], errors: dict[str, str]) -> Response:
    """Render the form of a new sheet."""
    return page("inventory/stock_take_new.html", values=values, errors=errors, categories=reads.categories())


@bp.get("/inventory/stock-takes/<string:sheet_id>")
@allow("inventory:read")
def show_stock_take(sheet_id: str) -> Response:
    """One sheet: to count on, to print, or what it found."""
    return sheet_page(sheet_id, None, {}, {})


def sheet_page(sheet_id: str, problem: Problem | None, values: dict[str, str], errors: dict[str, str]) -> Response:
    """Render a sheet, with refused counts on it if there are any."""
    state = live.state(TOPIC)
    sheet = reads.get_stock_take(sheet_id)
    return page(
        "inventory/stock_take.html", live=state, sheet=sheet, lines=reads.lines_of(sheet.key), problem=problem,
        values=values, errors=errors,
    )  # fmt: skip


@bp.post("/inventory/stock-takes/<string:sheet_id>/counts")
@allow("inventory:write")
def enter_counts(sheet_id: str) -> Response:
    """Keep the counts typed so far; an empty field is not counted."""

    def act() -> Response:
        sheet = reads.get_stock_take(sheet_id)
        counts = parse_counts({line.item_id: line.sku for line in reads.lines_of(sheet.key)})
        service.enter_counts(sheet_id, counts)
        toast = f"{plural(len(counts), 'count')} kept. No stock moved yet."
        return done(url_for("inventory.show_stock_take", sheet_id=sheet_id), toast=toast)

    return submit(act, lambda problem, errors: sheet_page(sheet_id, problem, request.form.to_dict(), errors))


def parse_counts(sku_by_item: dict[int, str]) -> dict[str, int]:
    """Return counts by SKU from fields named `count-<item id>`.

    Raises:
        InvalidInput: A count is no number of units.
    """
    counts, errors = {}, []
    for item_id, sku in sku_by_item.items():
        typed = request.form.get(f"count-{item_id}", "").strip()
        if not typed:
            continue
        if typed.isdecimal() and typed.isascii() and len(typed) < 12 and int(typed) <= MAX_UNITS:  # noqa: PLR2004
            counts[sku] = int(typed)
        else:
            errors.append({"field": f"count-{item_id}", "message": f"{sku}: a count is a whole number from 0"})
    if errors:
        raise InvalidInput(errors=errors)
    return counts


@bp.post("/inventory/stock-takes/<string:sheet_id>/closing")
@allow("inventory:write")
def close_stock_take(sheet_id: str) -> Response:
    """Move the stock by every difference found."""

    def act() -> Response:
        sheet = service.close_stock_take(sheet_id)
        toast = f"Sheet {sheet.name} closed. The differences are in the ledger."
        return done(url_for("inventory.show_stock_take", sheet_id=sheet_id), toast=toast)

    return submit(act, lambda problem, errors: sheet_page(sheet_id, problem, {}, errors))


@bp.post("/inventory/stock-takes/<string:sheet_id>/discarding")
@allow("inventory:write")
@once
def discard_stock_take(sheet_id: str) -> Response:
    """Give a sheet up."""
    sheet = service.discard_stock_take(sheet_id)
    return done(url_for("inventory.list_stock_takes"), toast=f"Sheet {sheet.name} discarded. No stock moved.")
