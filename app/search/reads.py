"""What a text typed or pasted into search belongs to."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from app.core.db import db
from app.core.errors import NotFound, Problem
from app.inventory import reads as inventory
from app.inventory.schemas import ListItems
from app.orders import reads as orders
from app.orders.reads.filter import OrderFilter
from app.storage.browsing.query import ListFiles
from app.storage.browsing.reads import is_exact, list_files
from app.storage.models import StoredFile

MOST = 8
REQUEST_ID_LENGTHS = range(8, 65)
LARGEST_NUMBER = 2**63 - 1


@dataclass(frozen=True)
class Trace:
    """One fact that a request caused, and what it changed.

    Attributes:
        row_id: The order's number, or the job's id, by topic.
        sku: The item, on topic inventory.
    """

    type: str
    topic: str
    occurred_at: datetime
    who: str
    row_id: str | None
    sku: str | None


@dataclass(frozen=True)
class Found:
    """The one thing a text names.

    Attributes:
        number: An order's.
        sku: An item's.
        file_id: A file's.
    """

    number: int | None = None
    sku: str | None = None
    file_id: str | None = None


@dataclass(frozen=True)
class Results:
    """What a text is found in."""

    orders: list[Any]  # Any: the rows of the orders list
    items: list[inventory.StockRow]
    traces: list[Trace]
    files: Sequence[StoredFile]


class SearchTooSlow(Problem, code="search-too-slow", status=503):
    """The search took too long. Ask for something more exact, such as an order's number or a SKU."""

    retry_after_s: int = 5


def find_all(text: str) -> Found | Results:
    """Return the one thing a text names, else everything it is found in.

    Raises:
        SearchTooSlow: The database cut it off.
    """
    try:
        return find_exact(text) or Results(
            traces=find_traces(text), orders=find_orders(text), items=find_items(text), files=find_files(text)
        )
    except OperationalError as error:
        if not isinstance(error.orig, psycopg.errors.QueryCanceled | psycopg.errors.LockNotAvailable):
            raise
        db.session.rollback()  # the page of the problem asks the database, too
        raise SearchTooSlow from error


def find_exact(text: str) -> Found | None:
    """Return the one thing a text names: an order by number, an item by SKU, a file by id, key or digest."""
    if text.isascii() and text.isdigit() and int(text) <= LARGEST_NUMBER:
        with suppress(NotFound):
            return Found(number=orders.find_order(int(text)).number)
    with suppress(NotFound):
        return Found(sku=inventory.get_item(text).sku)
    named = list_files(ListFiles(q=text, limit=2)).items if is_exact(text) else []
    return Found(file_id=named[0].id) if len(named) == 1 else None


def find_orders(text: str) -> list[Any]:  # Any: the rows of the orders list
    """Return the newest orders a text is found in."""
    return list(orders.list_orders(OrderFilter(q=text, limit=MOST)).rows)


def find_items(text: str) -> list[inventory.StockRow]:
    """Return the items a text is found in."""
    rows, _ = inventory.list_rows(ListItems(q=text, limit=MOST), with_sales=False)
    return rows


def find_files(text: str) -> Sequence[StoredFile]:
    """Return the newest files a text is found in."""
    return list_files(ListFiles(q=text, limit=MOST)).items


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
    return [Trace(row.type, row.topic, row.occurred_at, row.who or "", row.row_id, row.sku) for row in rows]
