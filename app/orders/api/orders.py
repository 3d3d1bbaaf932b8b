"""Placing, finding, reading and editing orders as JSON."""

from functools import lru_cache
from typing import Any

from pydantic import Field

from app.core.api import contract
from app.core.auth import company
from app.core.clock import rfc3339
from app.core.errors import InvalidCursor, NotFound, VersionConflict
from app.core.money import NoCurrency, UnknownCurrency, to_text
from app.core.shapes import Shape
from app.inventory.problems import OutOfStock, UnknownSku
from app.orders import reads, service
from app.orders.answers import OrderList, OrderOut, Timeline, TimelineEvent
from app.orders.api.blueprint import api_bp
from app.orders.problems import (
    LinesAreFixed,
    NotForSale,
    OrderTooLarge,
    PriceNeeded,
    PriceOutOfRange,
    QuantityOutOfRange,
    TooManyLines,
)
from app.orders.reads.listing import ListedOrder
from app.orders.schemas import EditOrder, NewOrder

KEPT = 2048  # about 2 MB
BAD_LINES = [
    UnknownSku, OutOfStock, NotForSale, NoCurrency, UnknownCurrency, QuantityOutOfRange, PriceOutOfRange, PriceNeeded, TooManyLines,
    OrderTooLarge,
]  # fmt: skip


@api_bp.get("")
@contract(
    scope="orders:read", query=reads.OrderFilter, returns={200: OrderList}, problems=[InvalidCursor], any_company=True
)
def list_orders(query: reads.OrderFilter) -> dict[str, Any]:
    """List orders: by view, states, search, and time of placing, in pages."""
    page = reads.list_orders(query)
    return {"items": [summary(row, row.is_late) for row in page.rows], "nextCursor": page.next_cursor}


@api_bp.post("")
@contract(scope="orders:write", body=NewOrder, returns={201: OrderOut}, problems=BAD_LINES)
def create_order(body: NewOrder) -> OrderOut:
    """Place an order and keep stock for it."""
    return OrderOut.of(service.place_order(body, currency=company().currency, source="api"))


@api_bp.get("/<int:number>")
@contract(scope="orders:read", returns={200: OrderOut}, problems=[NotFound])
def show_order(number: int) -> OrderOut:
    """Return a whole order."""
    return OrderOut.of(reads.find_order(number))


@api_bp.patch("/<int:number>")
@contract(
    scope="orders:write",
    body=EditOrder,
    returns={200: OrderOut},
    problems=[NotFound, VersionConflict, LinesAreFixed, *BAD_LINES],
)
def edit_order(number: int, body: EditOrder) -> OrderOut:
    """Change an order that nobody changed meanwhile."""
    return OrderOut.of(service.edit_order(number, body))


class TimelineQuery(Shape):
    """A page of an order's history."""

    after: str | None = Field(default=None, max_length=300)
    limit: int = Field(default=50, ge=1, le=200)


@api_bp.get("/<int:number>/events")
@contract(scope="orders:read", query=TimelineQuery, returns={200: Timeline}, problems=[NotFound, InvalidCursor])
def list_order_events(number: int, query: TimelineQuery) -> Timeline:
    """Return what happened to an order, newest first."""
    reads.find_order(number)
    rows, cursor = reads.order_timeline(number, after=query.after, limit=query.limit)
    return Timeline(items=[TimelineEvent.model_validate(row) for row in rows], next_cursor=cursor)


@lru_cache(maxsize=KEPT)
def summary(row: ListedOrder, is_late: bool) -> dict[str, Any]:  # noqa: FBT001 (a key of what is kept)
    """Return a list row as JSON, without building models: lists are read a thousand times for one act.

    Kept, because scripts ask for a list again long before its rows change. Nobody may change what it returns.

    Args:
        row: What is known of it; equal rows make equal JSON.
        is_late: What the clock makes of it now.
    """
    found = {
        "number": row.number,
        "state": row.state,
        "customer": {"name": row.customer_name, "email": row.customer_email, "ref": row.customer_ref},
        "currency": row.currency,
        "total": to_text(row.total_minor, row.currency),
        "lineCount": row.line_count,
        "unitCount": row.unit_count,
        "isLate": is_late,
        "externalRef": row.external_ref,
        "version": row.version,
        "placedAt": rfc3339(row.placed_at),
        "dueAt": rfc3339(row.due_at),
        "updatedAt": rfc3339(row.updated_at),
        "company": None,
    }
    if row.company_slug is not None:
        found["company"] = {"slug": row.company_slug, "name": row.company_name}
    return found
