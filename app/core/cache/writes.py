"""Which tables a transaction changes: seen at its flushes and in its statements, kept until it is known how it ended."""

import re
from collections.abc import Iterable
from contextvars import ContextVar
from functools import lru_cache

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, Session, SessionTransaction

from app.core.cache.tags import ALL, keys_written, watched, watched_anywhere
from app.core.tenancy import current_scope

WRITTEN, ENDED = "cache_written", "cache_ended"
CHANGES = re.compile(
    r"\b(?:insert\s+into|update|delete\s+from|merge\s+into|truncate(?:\s+table)?)\s+(?:only\s+)?\"?(\w+)", re.IGNORECASE
)
# True while a read goes to the database on behalf of the cache.
loading: ContextVar[bool] = ContextVar("cache_loading", default=False)


def tables_written(statement: object) -> Iterable[str]:
    """Return the tables a statement changes."""
    if isinstance(statement, sa.UpdateBase):
        name = getattr(statement.table, "name", None)
        return (name,) if name else ()
    if isinstance(statement, sa.TextClause):
        return tables_in(statement.text)
    return ()


@lru_cache(maxsize=2000)
def tables_in(text: str) -> frozenset[str]:
    """Return the tables a text changes: rather one too many, as one named after FOR UPDATE, than one too few."""
    return frozenset(found.lower() for found in CHANGES.findall(text))


def note(session: Session, table: str) -> None:
    """Remember within a transaction that a table changes."""
    session.info["has_written"] = True
    if table in watched or table in watched_anywhere:
        session.info.setdefault(WRITTEN, set()).update(keys_written(current_scope().company_id or ALL, table))


@event.listens_for(Session, "after_flush")
def note_flush(session: Session, _: object) -> None:
    """Note the tables of all rows that a flush wrote."""
    for row in (*session.new, *session.dirty, *session.deleted):
        note(session, row.__table__.name)


@event.listens_for(Session, "do_orm_execute")
def note_statement(state: ORMExecuteState) -> None:
    """Note the tables that a statement changes; it never met a flush.

    What is read for the cache is read over what the session holds: that may be older than the tags are.
    """
    if state.is_select and loading.get():
        state.update_execution_options(populate_existing=True)
        return
    for table in tables_written(state.statement):
        note(state.session, table)


@event.listens_for(Session, "after_transaction_end")
def keep_written(session: Session, transaction: SessionTransaction) -> None:
    """Keep what a transaction wrote for who learns that it was committed. A savepoint's end says nothing."""
    if transaction.parent is None and WRITTEN in session.info:
        session.info.setdefault(ENDED, set()).update(session.info.pop(WRITTEN))
