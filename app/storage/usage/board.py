"""The companies by what they store, a page at a time; inside `platform_reads()`, or in a company its own row alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from app.core import clock
from app.core.cursor import decode_cursor, encode_cursor
from app.core.db import db
from app.core.errors import InvalidCursor
from app.core.installation import installation_id
from app.storage.usage import days, reads
from app.storage.usage.days import Line, Outlook
from app.storage.usage.quotas import FolderUse
from app.storage.usage.reads import Sum

ROWS = 25
NEVER = date(9999, 12, 31)  # sorts after every day on which something is full
COLUMNS = """
SELECT t.company_id, t.bytes, c.slug, c.name, coalesce(t.full_on, '9999-12-31') AS full_on,
  q.soft_bytes, q.hard_bytes
FROM storage_totals AS t JOIN companies AS c ON c.id = t.company_id
LEFT JOIN storage_quotas AS q ON q.company_id = t.company_id AND q.category = ''
WHERE (CAST(:words AS text) IS NULL OR c.name ILIKE :words)
"""
# Each order ends with the number of the company, so that no row comes twice.
ORDERS = {
    "size": ("(t.bytes, t.company_id) < (CAST(:p0 AS numeric), :p1)", "t.bytes DESC, t.company_id DESC"),
    "name": ("(c.name, t.company_id) > (CAST(:p0 AS text), :p1)", "c.name, t.company_id"),
    "full": (
        "(coalesce(t.full_on, '9999-12-31'), t.company_id) > (CAST(:p0 AS date), :p1)",
        "coalesce(t.full_on, '9999-12-31'), t.company_id",
    ),
}
LARGEST = sa.text("SELECT bytes FROM storage_totals ORDER BY bytes DESC, company_id DESC LIMIT 1")
FIRST_FULL = sa.text(
    "SELECT t.company_id, t.full_on, c.name, c.slug, q.hard_bytes FROM storage_totals AS t "
    "JOIN companies AS c ON c.id = t.company_id "
    "JOIN storage_quotas AS q ON q.company_id = t.company_id AND q.category = '' AND q.hard_bytes IS NOT NULL "
    "WHERE t.full_on <= :by ORDER BY t.full_on, t.company_id LIMIT 1"
)
FOLDERS = sa.text(
    "SELECT company_id, category, soft_bytes, hard_bytes FROM storage_quotas "
    "WHERE company_id = ANY (:companies) AND category <> '' AND (soft_bytes IS NOT NULL OR hard_bytes IS NOT NULL) "
    "ORDER BY company_id, category"
).bindparams(sa.bindparam("companies", type_=sa.ARRAY(sa.BigInteger)))
# What all had a week ago: of each category and provider the newest row until then.
WEEK_AGO = sa.text(
    "SELECT coalesce(sum(bytes), 0) FROM (SELECT DISTINCT ON (category, provider) bytes FROM storage_all_days "
    "WHERE company_id = :owner AND day <= :day ORDER BY category, provider, day DESC) AS newest"
)


@dataclass(frozen=True)
class CompanyRow:
    """One company of the page; `parts` are its bytes by category, `used` all of them, `folders` those with a limit."""

    company_id: int
    slug: str
    name: str
    used: Sum
    parts: dict[str, Sum]
    soft_bytes: int | None
    hard_bytes: int | None
    line: Line
    outlook: Outlook
    folders: tuple[FolderUse, ...] = ()

    @property
    def share(self) -> float | None:
        """Percent of the hard limit that is used."""
        return None if not self.hard_bytes else 100 * self.used.bytes / self.hard_bytes


@dataclass(frozen=True)
class Page:
    """Companies in order, and where the next page begins."""

    rows: list[CompanyRow]
    next_cursor: str | None
    largest: int


def list_companies(*, sort: str = "size", words: str = "", after: str | None = None, limit: int = ROWS) -> Page:
    """Return a page of the companies that store something.

    The order is that of the counters, at most a second old; the figures are exact.

    Raises:
        InvalidCursor: The position was not made here.
    """
    beyond, order = ORDERS[sort]
    values: dict[str, Any] = {"words": f"%{_plain(words)}%" if words else None, "limit": limit + 1}
    text = COLUMNS
    if after is not None:
        of, values["p0"], values["p1"] = decode_cursor(after, str, str, int)
        if of != sort:
            raise InvalidCursor
        text += f" AND {beyond}"
    found = db.session.execute(sa.text(f"{text} ORDER BY {order} LIMIT :limit"), values).all()
    kept = found[:limit]
    largest = db.session.execute(LARGEST).scalar_one_or_none()
    cursor = encode_cursor(sort, *_place(sort, kept[-1])) if len(found) > limit else None
    return Page(_with_parts(kept), cursor, int(largest or 0))


def first_full(within_days: int) -> sa.Row[Any] | None:
    """Return the company whose quota is full first, if that is soon."""
    return db.session.execute(FIRST_FULL, {"by": clock.now().date() + timedelta(days=within_days)}).one_or_none()


def stored_a_week_ago() -> int:
    """Return the bytes that all companies had stored a week ago."""
    values = {"owner": installation_id(), "day": clock.now().date() - timedelta(days=7)}
    return int(db.session.execute(WEEK_AGO, values).scalar_one())


def _with_parts(rows: Sequence[sa.Row[Any]]) -> list[CompanyRow]:
    parts = reads.parts_of([row.company_id for row in rows])
    used = {company: sum(mine.values(), Sum()) for company, mine in parts.items()}
    lines = days.lines({company: one.bytes for company, one in used.items()})
    folders = _folders(parts)
    return [
        CompanyRow(
            row.company_id, row.slug, row.name, used[row.company_id], parts[row.company_id], row.soft_bytes,
            row.hard_bytes, lines[row.company_id],
            days.outlook(lines[row.company_id], used[row.company_id].bytes, row.hard_bytes),
            folders[row.company_id],
        )
        for row in rows
    ]  # fmt: skip


def _folders(parts: dict[int, dict[str, Sum]]) -> dict[int, tuple[FolderUse, ...]]:
    """Return what each company's folders use of their own limits."""
    found: dict[int, tuple[FolderUse, ...]] = dict.fromkeys(parts, ())
    for row in db.session.execute(FOLDERS, {"companies": list(parts)}):
        used = parts[row.company_id].get(row.category, Sum())
        found[row.company_id] += (FolderUse(row.category, used.bytes, row.soft_bytes, row.hard_bytes),)
    return found


def _place(sort: str, row: sa.Row[Any]) -> tuple[str, int]:
    value = {"size": row.bytes, "name": row.name, "full": row.full_on}[sort]
    return str(value), row.company_id


def _plain(words: str) -> str:
    """Return typed words with the signs of LIKE taken as letters."""
    return words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
