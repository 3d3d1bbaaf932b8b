"""One order, whole."""

from typing import Any

import sqlalchemy as sa

from app.core.db import db
from app.core.errors import NotFound
from app.core.outbox import plain
from app.orders.models import Order, OrderNote
from app.orders.models.order import MAX_NUMBER
from app.orders.reads.timeline import event_log


def find_order(number: int) -> Order:
    """Return an order with its lines and shipments.

    Raises:
        NotFound: There is none in this company.
    """
    if number > MAX_NUMBER:
        raise NotFound
    order = db.session.scalars(
        sa.select(Order).where(Order.number == number).execution_options(populate_existing=True)
    ).one_or_none()
    if order is None:
        raise NotFound
    return order


def notes_of(number: int) -> list[OrderNote]:
    """Return an order's notes, newest first."""
    query = sa.select(OrderNote).where(OrderNote.order_number == number).order_by(OrderNote.note_no.desc()).limit(200)
    return list(db.session.scalars(query))


def changes_since(order: Order, version: int) -> dict[str, Any]:
    """Return what changed after a version, field by field, from the event log.

    What happened in the last milliseconds may not be in the log yet; the order's own state is then all we can say.
    """
    query = (
        sa.select(event_log.c.type, event_log.c.data)
        .where(event_log.c.topic == "orders", event_log.c.row_id == str(order.number))
        .where(event_log.c.row_version > version)
        .order_by(event_log.c.seq)
    )
    changed: dict[str, Any] = {}
    for kind, data in db.session.execute(query):
        for name, pair in changes_of(kind, data).items():
            first = changed.get(name, pair)
            changed[name] = {"before": first["before"], "after": pair["after"]}
    return changed or {"updatedAt": {"before": None, "after": plain(order.updated_at)}}


def changes_of(kind: str, data: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the fields that one event changed."""
    if kind == "order.status-changed":
        return {"state": {"before": data["from"], "after": data["to"]}}
    if kind == "order.shipped":
        return {"shipments": {"before": data["shipmentNo"] - 1, "after": data["shipmentNo"]}}
    changes: dict[str, dict[str, Any]] = dict(data.get("changes") or {})
    if data.get("noteNo"):
        changes["notes"] = {"before": data["noteNo"] - 1, "after": data["noteNo"]}
    return changes
