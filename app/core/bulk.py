"""Bulk loads under row-level security.

PostgreSQL refuses COPY into a protected table, so COPY fills a temporary one and INSERT … SELECT goes through
the policies.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import psycopg
import sqlalchemy as sa

from app.core.db import db
from app.core.tenancy import current_company_id

# A batch may take longer than a page may; the app's own limit of 10 s is for pages.
MORE_TIME = sa.text("SET LOCAL statement_timeout = '120s'")


def copy_rows(statement: str, rows: Iterable[tuple[Any, ...]]) -> None:  # Any: values of any column
    """COPY rows over the current transaction's connection."""
    raw = db.session.connection().connection.driver_connection
    if not isinstance(raw, psycopg.Connection):
        raise TypeError("bulk loads need psycopg")
    with raw.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


def insert_rows(table: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]], *, order_by: str = "") -> None:
    """Insert rows of this company into a table.

    Args:
        table: Its name, from our own code.
        columns: What each row holds; `company_id` is added.
        rows: The rows.
        order_by: Columns that decide in which order identities are given.
    """
    names, buffer = ", ".join(columns), f"bulk_{table}"
    session = db.session()
    session.execute(MORE_TIME)
    session.execute(
        sa.text(f"CREATE TEMPORARY TABLE {buffer} ON COMMIT DROP AS SELECT {names} FROM {table} WITH NO DATA")
    )
    copy_rows(f"COPY {buffer} FROM STDIN", rows)
    ordered = f" ORDER BY {order_by}" if order_by else ""
    session.execute(
        sa.text(f"INSERT INTO {table} (company_id, {names}) SELECT :company, {names} FROM {buffer}{ordered}"),
        {"company": current_company_id()},
    )
    session.execute(sa.text(f"DROP TABLE {buffer}"))
