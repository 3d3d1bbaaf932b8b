"""Editing: who ordered, until when, and, before it is paid, what."""

from typing import Any

from app.core import clock
from app.core.db import db, transaction
from app.core.errors import VersionConflict
from app.core.outbox import plain, record
from app.core.present import format_price
from app.inventory import service as inventory
from app.inventory.service.ledger import lock_items
from app.orders import reads
from app.orders.events import OrderUpdated
from app.orders.models import Order
from app.orders.problems import LinesAreFixed
from app.orders.reads.detail import only_notes_since
from app.orders.schemas import EditOrder, NewLine
from app.orders.service.locking import lock_order, units_by_item
from app.orders.service.pricing import build_lines, refuse_assets, refuse_unpriced, sum_up, units_by_sku
from app.orders.states import EDITABLE_LINES

Changes = dict[str, dict[str, Any]]


def edit_order(number: int, wanted: EditOrder) -> Order:
    """Change what is given; what is left out stays.

    Raises:
        VersionConflict: Somebody changed it meanwhile; it says what, who and when. A note is no such change.
        LinesAreFixed: It is paid already, so its lines stay.
        UnknownSku: A SKU is no item here.
        NotForSale: A SKU is an asset.
        PriceNeeded: A line has no price, and the items' are in another currency.
        OutOfStock: Too little is free for the new lines.
    """
    with transaction():
        order = lock_order(number)
        if order.version != wanted.version and not only_notes_since(order, wanted.version):
            raise _conflict(order, wanted.version)
        changes = _change_details(order, wanted)
        if wanted.lines is not None and _is_other(order, wanted.lines):
            changes |= _change_lines(order, wanted.lines)
        if changes:
            order.touch(clock.now())
            record(OrderUpdated(number=number, changes=changes), version=order.version)
    return order


def _conflict(order: Order, version: int) -> VersionConflict:
    meanwhile = reads.changes_since(order, version)
    return VersionConflict(
        yours=version, current=order.version, changed=meanwhile.changed, changed_by=meanwhile.by,
        changed_at=meanwhile.at,
    )  # fmt: skip


def _change_details(order: Order, wanted: EditOrder) -> Changes:
    values: dict[str, Any] = {}
    if wanted.customer is not None:
        values["customer_name"] = wanted.customer.name
        values |= {f"customer_{name}": getattr(wanted.customer, name) or None for name in ("email", "ref")}
    given = wanted.model_fields_set
    values |= {name: getattr(wanted, name) for name in ("external_ref", "due_at") if name in given}
    if values.get("due_at", "") is None:
        del values["due_at"]
    changes: Changes = {}
    for name, after in values.items():
        before = getattr(order, name)
        if before != after:
            changes[name] = {"before": plain(before), "after": plain(after)}
            setattr(order, name, after)
    return changes


def _is_other(order: Order, lines: list[NewLine]) -> bool:
    here = [(line.sku, line.quantity, line.unit_price) for line in order.lines]
    there = [
        (new.sku, new.quantity, old[2] if new.unit_price is None and old[0] == new.sku else new.unit_price)
        for new, old in zip(lines, here, strict=False)
    ]
    return len(here) != len(lines) or here != there


def _change_lines(order: Order, lines: list[NewLine]) -> Changes:
    if order.state not in EDITABLE_LINES:
        raise LinesAreFixed(number=order.number, state=order.state)
    before = _in_words(order)
    wanted = units_by_sku(lines)
    # Old and new items are locked in one go, in id order; then everything is let go and kept anew.
    found = lock_items(skus={*wanted, *(line.sku for line in order.lines if line.reserved)})
    refuse_assets([item for item in found if item.sku in wanted])
    refuse_unpriced(lines, order.currency)
    inventory.release(order.number, units_by_item(order.lines, {line.line_no: line.reserved for line in order.lines}))
    held = inventory.reserve(order.number, wanted)
    order.lines.clear()
    db.session.flush()
    order.lines.extend(build_lines(order.number, lines, held, order.currency))
    sum_up(order)
    db.session.flush()
    return {"lines": {"before": before, "after": _in_words(order)}}


def _in_words(order: Order) -> list[str]:
    return [f"{line.quantity} × {line.sku} at {format_price(line.unit_price, order.currency)}" for line in order.lines]
