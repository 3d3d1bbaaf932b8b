"""The stock of all companies, for a platform admin who chose none: read with the platform login."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from app.core.cursor import decode_cursor, encode_cursor
from app.core.db import db
from app.inventory.models import Item
from app.inventory.reads.items import ITEM_COLUMNS, StockRow, in_view, like_pattern
from app.inventory.schemas import ItemView, ListItems

_companies = sa.table("companies", sa.column("id"), sa.column("slug"), sa.column("name"))


@dataclass(frozen=True, kw_only=True)
class CompanyStockRow(StockRow):
    """One item, and whose it is."""

    company_id: int
    company_slug: str
    company_name: str


def list_everywhere(wanted: ListItems) -> tuple[list[CompanyStockRow], str | None]:
    """Return a page of items of every company and the cursor of the next one.

    They come by company, and inside it by SKU, or least available first in a short view: the orders that the
    companies' own indexes have already.

    Raises:
        InvalidCursor: The position was not made here.
    """
    is_short = wanted.view in {ItemView.SHORT, ItemView.OUT}
    order = [Item.company_id, Item.available, Item.id] if is_short else [Item.company_id, Item.sku]
    company = [_companies.c.slug.label("company_slug"), _companies.c.name.label("company_name")]
    query = (
        sa.select(*ITEM_COLUMNS, Item.company_id, *company)
        .join(_companies, _companies.c.id == Item.company_id)
        .where(*in_view(wanted.view), *_conditions(wanted))
        .order_by(*order)
    )
    if wanted.after is not None:
        position = decode_cursor(wanted.after, *order)
        query = query.where(sa.tuple_(*order) > sa.tuple_(*position, types=[column.type for column in order]))
    found = db.session.execute(query.limit(wanted.limit + 1)).all()
    rows = [CompanyStockRow(**row._mapping) for row in found[: wanted.limit]]  # noqa: SLF001
    if len(found) <= wanted.limit:
        return rows, None
    last = rows[-1]
    place = (last.company_id, last.available, last.id) if is_short else (last.company_id, last.sku)
    return rows, encode_cursor(*place)


def _conditions(wanted: ListItems) -> list[Any]:  # Any: SQL conditions
    """The platform's policies leave nothing out, so here a LIKE reaches the index by itself."""
    words = (wanted.q or "").lower().split()[:3]
    found: list[Any] = [Item.search_text.like(like_pattern(word)) for word in words]
    if wanted.category is not None:
        found.append(Item.category == wanted.category)
    return found
