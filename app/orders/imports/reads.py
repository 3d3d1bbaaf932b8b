"""Questions about imports."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from app.core.cursor import decode_cursor, encode_cursor
from app.core.db import db
from app.core.errors import NotFound
from app.orders.imports.models import Import, ImportKind, import_lines, import_skips

Found = sa.Row[Any]  # Any: columns, named where they are selected
APART = ("write-off", "adjustment")


def find_import(import_id: str) -> Import:
    """Return one import.

    Raises:
        NotFound: There is none in this company.
    """
    found = db.session.scalars(sa.select(Import).where(Import.id == import_id)).one_or_none()
    if found is None:
        raise NotFound
    return found


def recent_imports(kind: ImportKind, limit: int = 10) -> Sequence[Import]:
    """Return the newest imports of a kind."""
    return db.session.scalars(
        sa.select(Import).where(Import.kind == kind).order_by(Import.id.desc()).limit(limit)
    ).all()


def list_skips(import_id: str, *, limit: int = 200, after: str | None = None) -> tuple[Sequence[Found], str | None]:
    """Return lines that were left out, in the order of the file, and the cursor of the next page."""
    columns = import_skips.c
    statement = sa.select(columns.line_no, columns.reason, columns.line).where(columns.import_id == import_id)
    if after:
        statement = statement.where(columns.line_no > decode_cursor(after, columns.line_no)[0])
    rows: list[Found] = list(db.session.execute(statement.order_by(columns.line_no).limit(limit + 1)))
    return rows[:limit], encode_cursor(rows[limit - 1].line_no) if len(rows) > limit else None


def lines_apart(source: str, limit: int = 200) -> list[Found]:
    """Return write-offs and adjustments of a source, newest first: they became no orders and moved no stock."""
    columns = import_lines.c
    statement = (
        sa.select(
            columns.kind, columns.invoice_no, columns.sku, columns.description, columns.quantity, columns.unit_price,
            columns.invoiced_at,
        )
        .where(columns.source == source, columns.kind.in_(APART))
        .order_by(columns.invoiced_at.desc(), columns.invoice_no, columns.ordinal)
        .limit(limit)
    )  # fmt: skip
    return list(db.session.execute(statement))
