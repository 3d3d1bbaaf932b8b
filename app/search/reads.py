"""What a text typed or pasted into search belongs to."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask import url_for

from app.core.db import db
from app.core.errors import NotFound
from app.inventory import reads as inventory
from app.inventory.schemas import ListItems
from app.orders import reads as orders
from app.orders.reads.filter import OrderFilter

MOST = 8
REQUEST_ID_LENGTHS = range(8, 65)
LARGEST_NUMBER = 2**63 - 1


@dataclass(frozen=True)
class Trace:
    """One fact that a request caused.

    Attributes:
        href: The page of what it changed, when it has one.
    """

    type: str
    occurred_at: datetime
    who: str
    href: str | None


def find_exact(text: str) -> str | None:
    """Return the page of the one thing a text names: an order by number, an item by SKU."""
    if text.isascii() and text.isdigit() and int(text) <= LARGEST_NUMBER:
        with suppress(NotFound):
            return url_for("orders.show_order", number=orders.find_order(int(text)).number)
    with suppress(NotFound):
        return url_for("inventory.show_item", sku=inventory.get_item(text).sku)
    return None


def find_orders(text: str) -> list[Any]:  # Any: the rows of the orders list
    """Return the newest orders a text is found in."""
    return list(orders.list_orders(OrderFilter(q=text, limit=MOST)).rows)


def find_items(text: str) -> list[inventory.StockRow]:
    """Return the items a text is found in."""
    rows, _ = inventory.list_rows(ListItems(q=text, limit=MOST), with_sales=False)
    return rows


def find_traces(text: str) -> list[Trace]:
    """Return what one request did, in its order, when a text is a request id."""
    if len(text) not in REQUEST_ID_LENGTHS or " " in text:
        return []
    rows = db.session.execute(
        sa.text(
            "SELECT type, topic, occurred_at, row_id, actor->>'name' AS who, data->>'sku' AS sku FROM event_log "
            "WHERE request_id = :request ORDER BY occurred_at, seq LIMIT 50"
        ),
        {"request": text},
    )
    return [Trace(row.type, row.occurred_at, row.who or "", page_of(row)) for row in rows]


def page_of(row: Any) -> str | None:  # Any: a row of the event log
    """Return the page of what a fact changed."""
    if row.topic == "orders" and (row.row_id or "").isdigit():
        return url_for("orders.show_order", number=int(row.row_id))
    if row.topic == "inventory" and row.sku:
        return url_for("inventory.show_item", sku=row.sku)
    if row.topic == "jobs" and row.row_id:
        return url_for("jobs.show_job", job_id=row.row_id)
    return None
