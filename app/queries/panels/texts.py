"""Which statement a queryid is: our own complete text and fingerprint instead of what the server cuts at 1 kB."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from app.core.db import db
from app.queries.models import ServerStatement

LOCK_MS = 100
Found = TypeVar("Found")


@dataclass(frozen=True)
class Text:
    """A statement as it is kept: whole, and without values.

    Attributes:
        fingerprint: Names its page; empty when it did not parse.
    """

    text: str
    fingerprint: str


def known_texts(queryids: Iterable[str]) -> dict[str, Text]:
    """Return what is known of these queryids; nothing while somebody holds the table they are in."""
    wanted = sorted({one for one in queryids if one})
    if not wanted:
        return {}
    statement = (
        sa.select(ServerStatement.queryid, ServerStatement.text, ServerStatement.fingerprint)
        .where(ServerStatement.queryid.in_(wanted))
        .limit(len(wanted) * 4)
    )
    return briefly(
        lambda: {row.queryid: Text(row.text, row.fingerprint) for row in db.session.execute(statement)}, otherwise={}
    )


def briefly(work: Callable[[], Found], *, otherwise: Found) -> Found:
    """Return what is read from our own tables, or something else while somebody holds one of them."""
    with suppress(DBAPIError), db.session.begin_nested():
        db.session.execute(sa.text(f"SET LOCAL lock_timeout = {LOCK_MS}"))
        return work()
    return otherwise
