"""Lists of orders: Core rows, one statement a page, by keyset."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from app.core import clock
from app.core.chunks import read_in_chunks
from app.core.cursor import decode_cursor, encode_cursor
from app.core.db import db
from app.core.errors import InvalidCursor
from app.core.tenancy import current_scope
from app.orders.looks import Look, look_of
from app.orders.models import Order
from app.orders.reads.conditions import ORDERS, SORT_COLUMNS, conditions
from app.orders.reads.filter import OrderFilter
from app.orders.states import LATE, OPEN

_companies = sa.table("companies", sa.column("id"), sa.column("slug"), sa.column("name"))
COLUMNS = (
    ORDERS.number, ORDERS.state, ORDERS.customer_name, ORDERS.customer_email, ORDERS.customer_ref, ORDERS.currency,
    ORDERS.total_minor, ORDERS.line_count, ORDERS.unit_count, ORDERS.returned_units, ORDERS.external_ref, ORDERS.version,
    ORDERS.placed_at, ORDERS.due_at, ORDERS.updated_at,
)  # fmt: skip
LISTED = sa.select(*COLUMNS)


class ListedOrder(NamedTuple):
    """One row of a list: all that `_row.html` knows, and what it is kept by."""

    number: int
    state: str
    customer_name: str
    customer_email: str | None
    customer_ref: str | None
    currency: str
    total_minor: int
    line_count: int
    unit_count: int
    returned_units: int
    external_ref: str | None
    version: int
    placed_at: datetime
    due_at: datetime
    updated_at: datetime
    company_id: int | None = None
    company_slug: str | None = None
    company_name: str | None = None

    @property
    def is_late(self) -> bool:
        """True when it should have left by now."""
        return self.state in LATE and self.due_at < clock.now()

    @property
    def is_open(self) -> bool:
        """True while it waits for somebody here."""
        return self.state in OPEN

    @property
    def look(self) -> Look:
        """Tone, icon and word of its state."""
        return look_of(self.state, is_late=self.is_late)


@dataclass(frozen=True)
class OrderPage:
    """One page of a list."""

    rows: list[ListedOrder]
    next_cursor: str | None


def list_orders(wanted: OrderFilter) -> OrderPage:
    """Return one page of the list.

    Raises:
        InvalidCursor: The position was not made for this order of rows.
    """
    keys, descending = sort_keys(wanted)
    query = _select(wanted)
    if wanted.after is not None:
        query = query.where(_beyond(keys, descending, _position(wanted.after, keys)))
    query = query.order_by(*[key.desc() if descending else key.asc() for key in keys])
    if wanted.ids is None:
        query = query.limit(wanted.limit + 1)
    found = [ListedOrder(*row) for row in _rows(query)]
    rows = found if wanted.ids is not None else found[: wanted.limit]
    more = wanted.ids is None and len(found) > wanted.limit
    return OrderPage(rows, _cursor_of(rows[-1], keys) if more else None)


def orders_by_number(numbers: Sequence[int]) -> list[ListedOrder]:
    """Return some orders of this company, newest first, for the live layer."""
    query = LISTED.where(ORDERS.number.in_(numbers)).order_by(ORDERS.number.desc())
    return [ListedOrder(*row) for row in _rows(query)]


def matching_numbers(wanted: OrderFilter, *, batch: int = 100) -> Iterator[list[int]]:
    """Walk over all orders that match, newest first, in batches by number.

    The walk goes down by number, so orders placed or changed meanwhile neither repeat nor stop it.
    """
    found = sa.select(ORDERS.number).where(*conditions(wanted))
    for piece in read_in_chunks(found, [ORDERS.number], size=batch, is_descending=True):
        yield [row.number for row in piece]


def _rows(query: sa.Select[*tuple[Any, ...]]) -> Iterator[Any]:
    yield from db.session.execute(query)


def _select(wanted: OrderFilter) -> sa.Select[*tuple[Any, ...]]:
    if current_scope().role != "platform":
        return LISTED.where(*conditions(wanted))
    return (
        sa.select(*COLUMNS, ORDERS.company_id, _companies.c.slug, _companies.c.name)
        .join_from(Order.__table__, _companies, _companies.c.id == ORDERS.company_id)
        .where(*conditions(wanted))
    )


def sort_keys(wanted: OrderFilter) -> tuple[list[Any], bool]:  # Any: columns of any type
    """Return the columns that sort a list, and whether downwards.

    Over all companies there is one order, newest first: the one that has an index.
    """
    if current_scope().role == "platform":
        return [ORDERS.placed_at, ORDERS.company_id, ORDERS.number], True
    name = wanted.order.removeprefix("-")
    keys = [ORDERS.number] if name == "number" else [SORT_COLUMNS[name], ORDERS.number]
    return keys, wanted.order.startswith("-")


def _beyond(keys: list[Any], descending: bool, position: list[Any]) -> sa.ColumnElement[bool]:  # noqa: FBT001
    here, there = (
        sa.tuple_(*keys),
        sa.tuple_(*[sa.literal(one, key.type) for one, key in zip(position, keys, strict=True)]),
    )
    return here < there if descending else here > there


def _position(after: str, keys: list[Any]) -> list[Any]:
    made_for, *values = decode_cursor(after, str, *keys)
    if made_for != _name(keys):
        raise InvalidCursor
    return [value.astimezone(UTC) if isinstance(value, datetime) else value for value in values]


def _cursor_of(row: ListedOrder, keys: list[Any]) -> str:
    values = [getattr(row, key.key) for key in keys]
    return encode_cursor(_name(keys), *[v.isoformat() if isinstance(v, datetime) else v for v in values])


def _name(keys: list[Any]) -> str:
    """Name an order of rows, so that a position in one list is refused in another."""
    return "/".join(key.key for key in keys)
