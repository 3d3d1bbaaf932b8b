"""The record of checks: begun, ended with a verdict, and the newest of each kind."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on

from app.core import clock
from app.core.context import actor
from app.core.cursor import decode_cursor, encode_cursor
from app.core.db import db, transaction
from app.core.errors import NotFound
from app.core.installation import installation, installation_id
from app.core.outbox import record
from app.storage.care.events import StorageChecked
from app.storage.models import StorageCheck

KINDS = ("reconcile", "scrub", "doctor")


def begin(kind: str, provider: str, job_id: str = "") -> StorageCheck:
    """Write down that a check has begun."""
    row = StorageCheck(
        company_id=installation_id(), kind=kind, provider=provider, job_id=job_id, actor=dict(actor() or {})
    )
    with installation(), transaction() as session:
        session.add(row)
    return row


def end(check_id: str, verdict: str, sentence: str, figures: dict[str, Any]) -> StorageCheck:
    """Write down how a check ended, and tell of it."""
    with installation(), transaction():
        row = find(check_id)
        row.verdict, row.sentence, row.figures, row.ended_at = verdict, sentence, figures, clock.now()
        record(StorageChecked(id=row.id, provider=row.provider, kind=row.kind, verdict=verdict, sentence=sentence))
    return row


def find(check_id: str) -> StorageCheck:
    """Return one check.

    Raises:
        NotFound: There is none.
    """
    row = db.session.scalars(sa.select(StorageCheck).where(StorageCheck.id == check_id)).one_or_none()
    if row is None:
        raise NotFound
    return row


def newest() -> dict[tuple[str, str], StorageCheck]:
    """Return the newest check that ended of every (provider, kind)."""
    query = (
        sa.select(StorageCheck)
        .ext(distinct_on(StorageCheck.provider, StorageCheck.kind))
        .where(StorageCheck.ended_at.is_not(None))
        .order_by(StorageCheck.provider, StorageCheck.kind, StorageCheck.id.desc())
    )
    return {(row.provider, row.kind): row for row in db.session.scalars(query)}


def page_of(
    *, provider: str = "", after: str | None = None, limit: int = 30
) -> tuple[Sequence[StorageCheck], str | None]:
    """Return checks, newest first, and the cursor of the next page."""
    query = sa.select(StorageCheck).order_by(StorageCheck.id.desc()).limit(limit + 1)
    query = query.where(StorageCheck.provider == provider) if provider else query
    if after:
        query = query.where(StorageCheck.id < decode_cursor(after, StorageCheck.id)[0])
    rows = db.session.scalars(query).all()
    return rows[:limit], encode_cursor(rows[limit - 1].id) if len(rows) > limit else None
