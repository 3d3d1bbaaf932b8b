"""Writes a story into the database, in bulk."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from app.core.bulk import insert_rows
from app.core.db import transaction
from app.core.ids import new_ulid, past_ulid
from app.core.outbox import Fact, outbox
from app.core.tenancy import current_company_id
from app.demo.story import Story, Tale
from app.orders.events import OrderCreated, OrderShipped, OrderStatusChanged
from app.orders.service.numbers import allocate_numbers

CURRENCY = "GBP"
SHIP_WITHIN = timedelta(hours=24)
STATES = ("paid", "packed", "shipped", "delivered", "cancelled", "returned")
TOLD = timedelta(days=2)  # facts of the newest orders only: the log is for what just happened
Row = tuple[Any, ...]  # Any: the columns of a table


def write_story(story: Story, *, workers: tuple[str, ...], now: datetime) -> None:
    """Write items, ledger, orders, parcels and notes of the company we act for, all or nothing."""
    with transaction() as session:
        insert_rows("items", ITEMS, items(story), order_by="sku")
        ids: dict[str, int] = {sku: item_id for item_id, sku in session.execute(sa.text("SELECT id, sku FROM items"))}
        insert_rows("stock_movements", MOVEMENTS, movements(story, ids, workers), order_by="occurred_at")
        allocate_numbers(len(story.tales))
        insert_rows("orders", ORDERS, map(order, story.tales))
        insert_rows("order_lines", LINES, lines(story, ids))
        insert_rows("shipments", SHIPMENTS, shipments(story, workers))
        insert_rows("shipment_lines", PARCEL_LINES, parcel_lines(story))
        insert_rows("order_notes", NOTES, notes(story, workers))
        newest = [tale for tale in story.tales if now - tale.changed_at < TOLD]
        told = sorted(facts(newest, workers), key=lambda row: row["occurred_at"])
        # The audit reads by id, and shows when it happened: these must agree.
        named = sorted(past_ulid(row["occurred_at"]) for row in told)
        told = [{**row, "event_id": event_id} for event_id, row in zip(named, told, strict=True)]
        session.execute(sa.insert(OUTBOX), [{"company_id": current_company_id(), **row} for row in told])


ITEMS = (
    "sku", "name", "kind", "category", "unit_price", "on_hand", "reserved", "reorder_point", "has_moved", "version",
    "created_at", "updated_at",
)  # fmt: skip
MOVEMENTS = ("item_id", "kind", "delta", "on_hand_after", "reason", "order_number", "actor", "occurred_at")
ORDERS = (
    "number", "state", "customer_name", "customer_email", "currency", "total_minor", "line_count", "unit_count",
    "returned_units", "source", "placed_at", "due_at", *(f"{state}_at" for state in STATES), "updated_at", "version",
)  # fmt: skip
LINES = (
    "order_number", "line_no", "item_id", "sku", "name", "quantity", "unit_price", "amount_minor", "reserved", "shipped",
    "returned",
)  # fmt: skip
SHIPMENTS = ("order_number", "shipment_no", "carrier", "tracking_number", "shipped_at", "shipped_by")
PARCEL_LINES = ("order_number", "shipment_no", "line_no", "quantity")
NOTES = ("order_number", "note_no", "text", "author", "created_at")
# The app login may add to the outbox, never read it: not even the shape of a copy.
OUTBOX = sa.table("outbox", *(sa.column(one.name, one.type) for one in outbox.c if one.name not in {"id", "user_id"}))


def items(story: Story) -> Iterator[Row]:
    """Rows of items."""
    first = {move.stock.item_no: move.at for move in reversed(story.moves)}
    for stock in story.stocks:
        ware, made = stock.ware, first[stock.item_no]
        kind = "asset" if ware.is_asset else "product"
        yield (ware.sku, ware.name, kind, ware.category, ware.price, stock.on_hand, stock.reserved, stock.reorder_point,
               True, stock.version, made, stock.changed_at or made)  # fmt: skip


def movements(story: Story, ids: dict[str, int], workers: tuple[str, ...]) -> Iterator[Row]:
    """Rows of the ledger."""
    for place, move in enumerate(story.moves):
        actor = json.dumps({"kind": "user", "name": workers[place % len(workers)]})
        yield ids[move.stock.ware.sku], move.kind, move.delta, move.after, move.reason, move.order, actor, move.at


def order(tale: Tale) -> Row:
    """A row of orders."""
    returned = sum(line.returned for line in tale.lines)
    return (
        tale.number, tale.state, tale.customer, tale.email, CURRENCY, total(tale), len(tale.lines),
        sum(line.quantity for line in tale.lines), returned, "console", tale.at, tale.at + SHIP_WITHIN,
        *(tale.times.get(state) for state in STATES), tale.changed_at, tale.version,
    )  # fmt: skip


def total(tale: Tale) -> int:
    """Σ of its lines, in minor units."""
    return sum(line.amount for line in tale.lines)


def lines(story: Story, ids: dict[str, int]) -> Iterator[Row]:
    """Rows of order lines."""
    for tale in story.tales:
        for line_no, line in enumerate(tale.lines, 1):
            ware = line.stock.ware
            yield (tale.number, line_no, ids[ware.sku], ware.sku, ware.name, line.quantity, ware.price, line.amount,
                   line.reserved, line.shipped, line.returned)  # fmt: skip


def shipments(story: Story, workers: tuple[str, ...]) -> Iterator[Row]:
    """Rows of parcels."""
    for tale in story.tales:
        for place, (at, carrier, tracking, _) in enumerate(tale.parcels, 1):
            yield tale.number, place, carrier, tracking, at, workers[tale.number % len(workers)]


def parcel_lines(story: Story) -> Iterator[Row]:
    """What is in each parcel."""
    for tale in story.tales:
        for place, (_, _, _, units) in enumerate(tale.parcels, 1):
            yield from ((tale.number, place, line_no, count) for line_no, count in units.items())


def notes(story: Story, workers: tuple[str, ...]) -> Iterator[Row]:
    """Rows of notes."""
    for tale in story.tales:
        for place, (at, text) in enumerate(tale.notes, 1):
            yield tale.number, place, text, workers[tale.number % len(workers)], at


def facts(tales: list[Tale], workers: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """What the newest orders told."""
    for tale in tales:
        who = {"kind": "user", "name": workers[tale.number % len(workers)]}
        before = "placed"
        yield fact(created(tale), 1, {"kind": "token", "name": "Web shop"}, tale.at)
        for version, (state, at) in enumerate(sorted(tale.times.items(), key=lambda one: one[1]), 2):
            change = OrderStatusChanged(number=tale.number, from_=before, to=state, reason=tale.reasons.get(state))
            yield fact(change, version, who, at)
            if state == "shipped":
                yield fact(shipped(tale), version, who, at)
            before = state


def fact(one: Fact, version: int, who: dict[str, str], at: datetime) -> dict[str, Any]:
    """A row of the outbox."""
    row_id = str(getattr(one, one.row)) if one.row else None
    return {
        "topic": one.topic, "type": one.type, "row_id": row_id, "row_version": version,
        "data": one.data(), "actor": who, "request_id": new_ulid(), "occurred_at": at,
    }  # fmt: skip


def created(tale: Tale) -> OrderCreated:
    """The fact of its placing."""
    return OrderCreated(
        number=tale.number, customer=tale.customer, currency=CURRENCY, total=Decimal(total(tale)).scaleb(-2),
        line_count=len(tale.lines), unit_count=sum(line.quantity for line in tale.lines),
        due_at=tale.at + SHIP_WITHIN, external_ref=None, source="console",
    )  # fmt: skip


def shipped(tale: Tale) -> OrderShipped:
    """The fact of its last parcel."""
    _, carrier, tracking, units = tale.parcels[-1]
    sku = {line_no: line.stock.ware.sku for line_no, line in enumerate(tale.lines, 1)}
    return OrderShipped(
        number=tale.number, shipment_no=len(tale.parcels), carrier=carrier, tracking_number=tracking,
        lines=[{"line": no, "sku": sku[no], "quantity": count} for no, count in units.items()], remaining_units=0,
    )  # fmt: skip
