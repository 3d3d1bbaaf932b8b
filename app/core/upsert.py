"""Many rows written by one statement: new ones are inserted, known ones changed where they differ.

The rows travel as one JSON document, so the statement's text is the same for one row and for a thousand: PostgreSQL
keeps its plan, and the watch over statements counts it as one. Row-level security holds as for any INSERT.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import Insert, insert

from app.core.db import db

CHUNK = 5000  # rows of a statement: some megabytes at most
Rows = Sequence[Mapping[str, Any]]  # Any: what JSON can say of a column's value
# What becomes of the columns of a known row, given the new row's.
Change = Callable[[Any], Mapping[str, Any]]  # Any: SQL expressions


@dataclass(frozen=True)
class Upserted:
    """How many rows were new, how many were changed, and how many stood there as they should."""

    inserted: int = 0
    changed: int = 0
    same: int = 0

    def __add__(self, other: "Upserted") -> "Upserted":
        return Upserted(self.inserted + other.inserted, self.changed + other.changed, self.same + other.same)


def upsert(
    table: sa.Table, rows: Rows, *, key: Sequence[str], change: Sequence[str] | Change | None = None
) -> Upserted:
    """Insert rows, or change those whose key is known; inside `transaction()`.

    Args:
        table: Where to.
        rows: All with the same columns; `company_id` among them. Of two with one key the later counts.
        key: Columns of a unique index.
        change: What may be changed of a known row; None for all but the key, empty to leave known rows alone; or what
            becomes of each column, from the new row: `lambda new: {"calls": table.c.calls + new.calls}`.
    """
    wanted = list({tuple(row[name] for name in key): row for row in rows}.values())
    if not wanted:
        return Upserted()
    statement = upsert_statement(table, list(wanted[0]), key, change)
    done = Upserted()
    for start in range(0, len(wanted), CHUNK):
        some = wanted[start : start + CHUNK]
        told = db.session.execute(statement, {"rows": orjson.dumps([dict(row) for row in some]).decode()}).all()
        inserted = sum(row.is_new for row in told)
        done += Upserted(inserted, len(told) - inserted, len(some) - len(told))
    return done


def upsert_statement(
    table: sa.Table, columns: Sequence[str], key: Sequence[str], change: Sequence[str] | Change | None
) -> Any:  # Any: the type of an INSERT that returns has no public name
    """Return the statement; its one parameter is `rows`, a JSON array."""
    statement = _insert(table, columns)
    changed = changes(statement.excluded, columns, key, change)
    is_new = sa.literal_column("xmax = 0", sa.Boolean).label("is_new")
    if not changed:
        return statement.on_conflict_do_nothing(index_elements=list(key)).returning(is_new)
    differs = sa.or_(*(table.c[name].is_distinct_from(value) for name, value in changed.items()))
    return statement.on_conflict_do_update(index_elements=list(key), set_=changed, where=differs).returning(is_new)


def changes(
    new: Any, columns: Sequence[str], key: Sequence[str], change: Sequence[str] | Change | None
) -> dict[str, Any]:  # Any: SQL expressions
    """Return what becomes of the columns of a known row."""
    if callable(change):
        return dict(change(new))
    names = [name for name in columns if name not in key] if change is None else change
    return {name: new[name] for name in names}


def _insert(table: sa.Table, columns: Sequence[str]) -> Insert:
    typed = [sa.column(name, table.c[name].type) for name in columns]
    given = sa.func.json_to_recordset(sa.cast(sa.bindparam("rows", type_=sa.Text), sa.Text).op("::")(sa.text("json")))
    source = given.table_valued(*typed).render_derived(name="given", with_types=True)
    return insert(table).from_select(list(columns), sa.select(*source.c))
