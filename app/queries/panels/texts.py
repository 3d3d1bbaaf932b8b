"""Which statement a backend runs: our own complete text and its page, instead of what the server cuts."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from app.core.db import db
from app.queries.models import ServerStatement, Statement
from app.queries.panels.activity import Backend

LOCK_MS = 100
ENTRIES = 4  # of one queryid: of several roles, at the top and inside functions
Found = TypeVar("Found")


@dataclass(frozen=True)
class Text:
    """A statement without values.

    Attributes:
        fingerprint: Names its page; empty when it has none.
    """

    text: str
    fingerprint: str


def texts_of(backends: Iterable[Backend]) -> dict[int, Text]:
    """Return what each backend runs, by its pid: as it is kept where it is, else as the server shows it.

    What has never ended is in no counter of PostgreSQL's, so a statement that hangs is known by its fingerprint alone.
    """
    asked = list(backends)
    counted = _counted({one.queryid for one in asked if one.queryid})
    kept = _kept({one.fingerprint for one in asked} | {one.fingerprint for one in counted.values()})
    return {one.pid: _text(one, counted.get(one.queryid), kept) for one in asked}


def briefly(work: Callable[[], Found], *, otherwise: Found) -> Found:
    """Return what is read from our own tables, or something else while somebody holds one of them."""
    with suppress(DBAPIError), db.session.begin_nested():
        db.session.execute(sa.text(f"SET LOCAL lock_timeout = {LOCK_MS}"))
        return work()
    return otherwise


def _text(one: Backend, counted: Text | None, kept: dict[str, str]) -> Text:
    for fingerprint in (one.fingerprint, counted.fingerprint if counted else ""):
        if fingerprint in kept:
            return Text(kept[fingerprint], fingerprint)
    return Text(counted.text if counted else one.text, "")


def _counted(queryids: set[str]) -> dict[str, Text]:
    """Return what PostgreSQL's counters know."""
    statement = (
        sa.select(ServerStatement.queryid, ServerStatement.text, ServerStatement.fingerprint)
        .where(ServerStatement.queryid.in_(sorted(queryids)))
        .limit(len(queryids) * ENTRIES)
    )
    if not queryids:
        return {}
    return briefly(
        lambda: {row.queryid: Text(row.text, row.fingerprint) for row in db.session.execute(statement)}, otherwise={}
    )


def _kept(fingerprints: set[str]) -> dict[str, str]:
    """Return the statements that have a page."""
    wanted = sorted(fingerprints - {""})
    statement = sa.select(Statement.fingerprint, Statement.text).where(Statement.fingerprint.in_(wanted))
    if not wanted:
        return {}
    return briefly(lambda: {row.fingerprint: row.text for row in db.session.execute(statement)}, otherwise={})
