"""Orders as CSV: exactly the rows of a filter, in its order; streamed, or written to a file by a job when many."""

import csv
import io
from collections.abc import Iterator

import sqlalchemy as sa

from app.core import clock, tasks
from app.core.db import db, transaction
from app.core.money import to_text
from app.inventory.exports import safe_cell, time_cell
from app.orders.models import Order
from app.orders.reads import list_orders
from app.orders.reads.conditions import conditions
from app.orders.reads.filter import MAX_PAGE, OrderFilter
from app.orders.reads.listing import ListedOrder
from app.storage.service.own import exporting

STREAM_LIMIT = 100_000
HEAD = (
    "number", "state", "customer", "email", "customer reference", "external reference", "currency", "total", "lines",
    "units", "returned units",
)  # fmt: skip
TIMES = ("placed", "due", "changed")


def csv_line(cells: list[str]) -> str:
    """Return one line of CSV, quoted where it must be."""
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()


def is_large(wanted: OrderFilter) -> bool:
    """Say whether there are too many rows to stream; counts no further than that."""
    found = sa.select(Order.number).where(*conditions(wanted)).limit(STREAM_LIMIT + 1).subquery()
    return (db.session.scalar(sa.select(sa.func.count()).select_from(found)) or 0) > STREAM_LIMIT


def csv_chunks(wanted: OrderFilter, zone: str) -> Iterator[tuple[int, str]]:
    """Yield the file in pieces, each with the number of orders in it.

    Each page is read by itself, by keyset, so nothing stays locked or open while a client reads slowly.

    Args:
        wanted: The filter and order of the list.
        zone: The time zone that times are written in; the head names it.
    """
    yield 0, "\ufeff" + csv_line([*HEAD, *(f"{name} ({zone})" for name in TIMES)])
    after: str | None = None
    while True:
        with transaction():
            found = list_orders(wanted.model_copy(update={"limit": MAX_PAGE, "after": after, "ids": None}))
        yield len(found.rows), "".join(csv_line(cells_of(row, zone)) for row in found.rows)
        after = found.next_cursor
        if after is None:
            return


def cells_of(row: ListedOrder, zone: str) -> list[str]:
    """Return an order as the cells of its line."""
    texts = (row.customer_name, row.customer_email or "", row.customer_ref or "", row.external_ref or "")
    amounts = (row.line_count, row.unit_count, row.returned_units)
    times = (row.placed_at, row.due_at, row.updated_at)
    return [
        str(row.number), row.state, *map(safe_cell, texts), row.currency, to_text(row.total_minor, row.currency),
        *map(str, amounts), *(time_cell(at, zone) for at in times),
    ]  # fmt: skip


def file_name(company_slug: str) -> str:
    """Return a name that says whose and when."""
    return f"orders-{company_slug}-{clock.now():%Y%m%d-%H%M}.csv"


def queue_export(wanted: OrderFilter, *, zone: str, name: str) -> str:
    """Let a job write the file, and return the job's id."""
    args = {"query": wanted.query(), "zone": zone, "name": name}
    with transaction():
        return tasks.enqueue("orders.export", args, title="Export orders")


def write_export(wanted: OrderFilter, zone: str, name: str) -> int:
    """Write the file of the job that runs and return how many orders are in it. Written again, it replaces itself."""
    done = 0
    with exporting(name) as target:
        for count, text in csv_chunks(wanted, zone):
            target.write(text)
            done += count
            tasks.progress(done, None, "Writing orders")
    return done


__all__ = ["csv_chunks", "csv_line", "file_name", "is_large", "queue_export", "safe_cell", "write_export"]
