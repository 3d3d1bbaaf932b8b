"""The page of one item, and what people do to it there."""

from typing import Any

from flask import Response, request, url_for

from app.core import live
from app.core.access import allow
from app.core.api import parse_form, parse_query
from app.core.auth import company
from app.core.errors import Problem
from app.core.idempotency import once
from app.core.money import price_text
from app.core.present import format_count, query_with
from app.core.web import done, page
from app.inventory import reads, service
from app.inventory.forms import submit
from app.inventory.listeners import TOPIC
from app.inventory.models import Item
from app.inventory.panels import item_panels
from app.inventory.schemas import AdjustStock, EditItem, ListPage, RecountStock
from app.inventory.views.blueprint import bp

REASONS = ("received", "damaged", "lost", "found", "sample", "expired", "correction")


@bp.get("/inventory/<sku:sku>")
@allow("inventory:read")
def show_item(sku: str) -> Response:
    """One item: its stock, its ledger, who holds it."""
    return item_page(sku, parse_query(ListPage))


def item_page(sku: str, query: ListPage, **refused: Any) -> Response:  # Any: the refused form, for the template
    """Render the item page, with a refused form on it if there is one."""
    state = live.state(TOPIC)
    item = reads.get_item(sku)
    movements, cursor = reads.list_movements(item.id, limit=query.limit, after=query.after)
    return page(
        "inventory/item.html", block="detail", live=state, item=item, movements=movements,
        older=query_with(after=cursor) if cursor else None, holders=reads.holders_of(item.id), unit_price=price_text(item.unit_price), reasons=REASONS,
        currency=company().currency, is_first=query.after is None, panels=item_panels(item), **({"values": {}, "errors": {}} | refused),
    )  # fmt: skip


@bp.post("/inventory/<sku:sku>/adjustments")
@allow("inventory:write")
def adjust_stock(sku: str) -> Response:
    """Correct the stock by a difference; the toast offers to undo it by the opposite entry."""

    def act() -> Response:
        item = service.adjust_stock(sku, parse_form(AdjustStock))
        movement = reads.list_movements(item.id, limit=1)[0][0]
        undo = url_for("inventory.reverse_movement", sku=sku, movement_id=movement.id)
        return done(url_for("inventory.show_item", sku=sku), toast=moved(item, movement.delta), undo=undo)

    return submit(act, lambda _, errors: item_page(sku, ListPage(), values=request.form.to_dict(), errors=errors))


@bp.post("/inventory/<sku:sku>/recounts")
@allow("inventory:write")
def recount_stock(sku: str) -> Response:
    """Set the stock to what was counted."""

    def act() -> Response:
        item = service.recount_stock(sku, parse_form(RecountStock))
        movement = reads.list_movements(item.id, limit=1)[0][0]
        return done(
            url_for("inventory.show_item", sku=sku), toast=f"Counted {item.on_hand}: {moved(item, movement.delta)}"
        )

    def again(problem: Problem, errors: dict[str, str]) -> Response:
        errors = {"counted": errors.pop("delta"), **errors} if "delta" in errors else errors
        return item_page(sku, ListPage(), values=request.form.to_dict(), errors=errors)

    return submit(act, again)


def moved(item: Item, delta: int) -> str:
    """Say what became of the stock."""
    if delta == 0:
        return f"{item.sku} stays at {format_count(item.on_hand)}."
    sign = "+" if delta > 0 else ""
    return f"{item.sku} {sign}{format_count(delta)}, now {format_count(item.on_hand)}."


@bp.post("/inventory/<sku:sku>/movements/<int:movement_id>/reversal")
@allow("inventory:write")
@once
def reverse_movement(sku: str, movement_id: int) -> Response:
    """Undo an adjustment by the opposite entry."""
    item = service.reverse_adjustment(sku, movement_id)
    return done(
        url_for("inventory.show_item", sku=sku), toast=f"Undone: {item.sku} is at {format_count(item.on_hand)} again."
    )


@bp.get("/inventory/<sku:sku>/edit")
@allow("inventory:write")
def edit_item_form(sku: str) -> Response:
    """The form of an item's details."""
    return edit_page(sku, {}, {})


@bp.post("/inventory/<sku:sku>/details")
@allow("inventory:write")
def edit_item(sku: str) -> Response:
    """Change an item's details."""

    def act() -> Response:
        form = parse_form(EditItem)
        if "category" in request.form and form.category is None:
            form = form.model_copy(update={"category": ""})
            form.model_fields_set.add("category")
        item = service.edit_item(sku, form)
        return done(url_for("inventory.show_item", sku=sku), toast=f"{item.sku} changed.")

    def again(problem: Problem, errors: dict[str, str]) -> Response:
        return edit_page(sku, request.form.to_dict(), errors, changed=problem.fields.get("changed"))

    return submit(act, again)


def edit_page(
    sku: str, values: dict[str, str], errors: dict[str, str], changed: dict[str, Any] | None = None
) -> Response:
    """Render the form of an item's details; after a conflict with what changed and the version to decide on."""
    item = reads.get_item(sku)
    kept = {
        "name": item.name, "kind": item.kind.value, "category": item.category,
        "unitPrice": price_text(item.unit_price), "reorderPoint": str(item.reorder_point),
    }  # fmt: skip
    return page(
        "inventory/edit.html", item=item, values=kept | values, errors=errors, changed=changed,
        categories=reads.categories(), currency=company().currency,
    )  # fmt: skip


@bp.post("/inventory/<sku:sku>/archival")
@allow("inventory:write")
@once
def archive_item(sku: str) -> Response:
    """Take an item out of use."""
    service.archive_item(sku)
    undo = url_for("inventory.restore_item", sku=sku)
    return done(url_for("inventory.list_items"), toast=f"{sku} archived. Its ledger is kept.", undo=undo)


@bp.post("/inventory/<sku:sku>/restoration")
@allow("inventory:write")
@once
def restore_item(sku: str) -> Response:
    """Bring an archived item back."""
    service.restore_item(sku)
    return done(url_for("inventory.show_item", sku=sku), toast=f"{sku} is in use again.")
