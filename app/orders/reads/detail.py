"""One order, whole."""

from dataclasses import dataclass
from datetime import datetime
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


def only_notes_since(order: Order, version: int) -> bool:
    """Say whether notes are all that came after a version: each note keeps the version that it made."""
    notes = sa.select(sa.func.count()).where(OrderNote.order_number == order.number, OrderNote.order_version > version)
    return db.session.scalar(notes) == order.version - version


@dataclass(frozen=True)
class Meanwhile:
    """What others did to an order since somebody looked at it, field by field; who was last, and when.

    Attributes:
        by: None when the log does not tell yet.
    """

    changed: dict[str, Any]
    by: str | None
    at: datetime


def changes_since(order: Order, version: int) -> Meanwhile:
    """Return what changed after a version, from the event log.

    What happened in the last milliseconds may not be in the log yet; the order's own state is then all we can say.
    """
    query = (
        sa.select(event_log.c.type, event_log.c.data, event_log.c.actor, event_log.c.occurred_at)
        .where(event_log.c.topic == "orders", event_log.c.row_id == str(order.number))
        .where(event_log.c.row_version > version)
        .order_by(event_log.c.seq)
    )
    changed: dict[str, Any] = {}
    by, at = None, order.updated_at
    for kind, data, actor, occurred_at in db.session.execute(query):
        changes = changes_of(kind, data)
        for name, pair in changes.items():
            first = changed.get(name, pair)
            changed[name] = {"before": first["before"], "after": pair["after"]}
        if changes.keys() - {"notes"}:
            by, at = str(actor.get("name", "")) or None, occurred_at
    return Meanwhile(changed or {"updatedAt": {"before": None, "after": plain(order.updated_at)}}, by, at)


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
