"""Statements somebody has looked at: their cost is known and fine, until their plan changes."""

import sqlalchemy as sa

from app.core import clock
from app.core.context import actor
from app.core.db import db, transaction
from app.core.ids import new_ulid
from app.core.installation import installation_id
from app.core.outbox import record
from app.queries.events import StatementKnown, StatementWatched
from app.queries.models import Change, Statement
from app.queries.problems import StatementNotFound
from app.queries.words import title_of


def mark_known(fingerprint: str, reason: str) -> Statement:
    """Say that a statement's cost is fine; saying it again changes the reason.

    Raises:
        StatementNotFound: Nobody sent such a statement.
    """
    with transaction():
        found = statement_for_update(fingerprint)
        found.known_at, found.known_reason = clock.now(), reason
        found.known_by = str(actor().get("name") or "")
        found.version += 1
        _tell(found, f"{found.known_by or 'Somebody'} marked it as known", reason)
        record(
            StatementKnown(fingerprint=fingerprint, statement=title_of(found.verb, found.tables), reason=reason),
            version=found.version,
        )
    return found


def watch_again(fingerprint: str, reason: str = "") -> Statement:
    """Watch a statement as all others; one that is not known stays so.

    Raises:
        StatementNotFound: Nobody sent such a statement.
    """
    with transaction():
        found = statement_for_update(fingerprint)
        if found.known_at is not None:
            found.known_at, found.known_by, found.known_reason = None, "", ""
            found.version += 1
            _tell(found, f"{actor().get('name') or 'Somebody'} had it watched again", reason)
            record(
                StatementWatched(fingerprint=fingerprint, statement=title_of(found.verb, found.tables), reason=reason),
                version=found.version,
            )
    return found


def find_mark(fingerprint: str) -> Statement:
    """Return a statement with its mark.

    Raises:
        StatementNotFound: Nobody sent such a statement.
    """
    found = db.session.scalar(sa.select(Statement).where(Statement.fingerprint == fingerprint))
    if found is None:
        raise StatementNotFound
    return found


def statement_for_update(fingerprint: str) -> Statement:
    """Return a statement, locked.

    Raises:
        StatementNotFound: Nobody sent such a statement.
    """
    found = db.session.scalar(sa.select(Statement).where(Statement.fingerprint == fingerprint).with_for_update())
    if found is None:
        raise StatementNotFound
    return found


def _tell(one: Statement, sentence: str, reason: str) -> None:
    db.session.execute(
        sa.insert(Change).values(
            company_id=installation_id(), id=new_ulid(), at=clock.now(), fingerprint=one.fingerprint, kind="known",
            sentence=sentence, detail={"reason": reason} if reason else {},
        )
    )  # fmt: skip
