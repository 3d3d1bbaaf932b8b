"""Notes on orders."""

from datetime import datetime

import sqlalchemy as sa

from app.core import clock
from app.core.context import actor
from app.core.db import db, transaction
from app.core.outbox import record
from app.orders.events import OrderUpdated
from app.orders.models import Order, OrderNote
from app.orders.service.locking import lock_order


def add_note(number: int, text: str, *, dedupe_key: str | None = None) -> Order:
    """Write a note on an order.

    Args:
        number: The order.
        text: What to write.
        dedupe_key: Names the act, when it may be repeated: with the same key the note is written once.
    """
    with transaction():
        order = lock_order(number)
        if dedupe_key is None or not _is_written(number, dedupe_key):
            at = clock.now()
            order.touch(at)
            write_note(order, text, at=at, dedupe_key=dedupe_key)
    return order


def write_note(order: Order, text: str, *, at: datetime, dedupe_key: str | None = None) -> None:
    """Add a note to an order that this transaction holds, and record it."""
    last = db.session.scalar(sa.select(sa.func.max(OrderNote.note_no)).where(OrderNote.order_number == order.number))
    note = OrderNote(
        company_id=order.company_id, order_number=order.number, note_no=(last or 0) + 1, text=text,
        author=str(actor().get("name", "")), created_at=at, dedupe_key=dedupe_key,
        order_version=order.version,
    )  # fmt: skip
    db.session.add(note)
    db.session.flush()
    record(OrderUpdated(number=order.number, changes={}, note=text, note_no=note.note_no), version=order.version)


def _is_written(number: int, dedupe_key: str) -> bool:
    written = sa.exists().where(OrderNote.order_number == number, OrderNote.dedupe_key == dedupe_key)
    return bool(db.session.scalar(sa.select(written)))
