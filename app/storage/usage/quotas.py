"""How much a company may store: checked while a file is reserved, so that parallel uploads never go over together."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Session, SessionTransaction

from app.core.db import db
from app.core.tenancy import current_company_id
from app.storage.problems import FileTooLarge, QuotaExceeded
from app.storage.states import Category

FREE_SHARE = 0.8  # up to so much of every hard limit, reservations do not wait for each other
SMALL_SHARE = 4096  # and only those of at most this part of it: 800 connections can not add up to the other 20 %
HELD = "storage quota reserved"  # of a session: what its transaction has reserved beside others
# One statement, so one snapshot: what was folded and what was not yet are never counted twice or not at all.
LIMITS = sa.text(
    """
    SELECT q.category, q.hard_bytes, q.file_bytes, (
      SELECT coalesce(sum(bytes), 0) FROM (
        SELECT category, bytes FROM storage_counts WHERE company_id = :company
        UNION ALL
        SELECT category, bytes FROM storage_deltas WHERE company_id = :company
      ) AS used WHERE q.category = '' OR used.category = q.category
    ) AS used_bytes
    FROM storage_quotas AS q WHERE q.company_id = :company AND q.category IN ('', :category)
    """
)
EACH = sa.text(
    """
    SELECT q.category, q.soft_bytes, q.hard_bytes, q.file_bytes, q.granted_bytes, q.granted_file_bytes, q.warned_at, q.reason, q.updated_at, q.version, (
      SELECT coalesce(sum(bytes), 0) FROM (
        SELECT category, bytes FROM storage_counts WHERE company_id = :company
        UNION ALL
        SELECT category, bytes FROM storage_deltas WHERE company_id = :company
      ) AS used WHERE q.category = '' OR used.category = q.category
    ) AS used_bytes
    FROM storage_quotas AS q WHERE q.company_id = :company ORDER BY q.category
    """
)
LOCK = sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")
LOCK_SHARED = sa.text("SELECT pg_advisory_xact_lock_shared(hashtextextended(:name, 0))")


@dataclass(frozen=True)
class Limit:
    """A limit that applies to a new file, and what is used of it: live, trashed and reserved."""

    category: str
    hard_bytes: int | None
    file_bytes: int | None
    used_bytes: int

    def has_room(self, size_bytes: int) -> bool:
        """Say whether so much may be reserved beside others who do the same."""
        if self.hard_bytes is None:
            return True
        return self.used_bytes <= self.hard_bytes * FREE_SHARE and size_bytes * SMALL_SHARE <= self.hard_bytes


@dataclass(frozen=True)
class FolderUse:
    """What is used of the limits of one folder."""

    category: str
    used_bytes: int
    soft_bytes: int | None
    hard_bytes: int | None


@dataclass(frozen=True)
class QuotaUse:
    """A limit of a company, and what is used of it.

    Attributes:
        category: "" for all categories together.
    """

    category: str
    soft_bytes: int | None
    hard_bytes: int | None
    file_bytes: int | None
    granted_bytes: int | None
    granted_file_bytes: int | None
    warned_at: datetime | None
    reason: str
    updated_at: datetime
    version: int
    used_bytes: int


def list_quotas() -> list[QuotaUse]:
    """Return the limits of the current company, that of all categories first."""
    rows = db.session.execute(EACH, {"company": current_company_id()})
    return [QuotaUse(**{**row._mapping, "used_bytes": int(row.used_bytes)}) for row in rows]  # noqa: SLF001


def check(category: Category, size_bytes: int) -> None:
    """Raise unless so many bytes more fit; called in the transaction that reserves them, before its row.

    Far below every limit, reservations share a lock and run beside each other; near one they take turns, and what is
    used is read once it is our turn. Without a limit nothing is locked. A limit made while reservations are under way
    holds for those that begin after it.

    Raises:
        FileTooLarge: A single file may not be so large.
        QuotaExceeded: It would be more than the company, or this category of it, may store.
    """
    session, company = db.session(), current_company_id()
    limits = _read(category)
    _check_file(limits, size_bytes)
    if all(limit.hard_bytes is None for limit in limits):
        return
    together = size_bytes + session.info.get(HELD, 0)
    if all(limit.has_room(together) for limit in limits) and _share(session, company, category, together):
        session.info[HELD] = together
        return
    session.execute(LOCK, {"name": lock_name(company)})
    for limit in _read(category):
        if limit.hard_bytes is not None and limit.used_bytes + size_bytes > limit.hard_bytes:
            raise QuotaExceeded(remaining_bytes=max(0, limit.hard_bytes - limit.used_bytes), category=limit.category)


def lock_name(company: int) -> str:
    """Return the name of the lock that reservations of a company take."""
    return f"storage quota {company}"


class _NearLimit(Exception):
    """There was room, and there is not by now."""


def _share(session: Session, company: int, category: Category, size_bytes: int) -> bool:
    """Take the shared lock and look again; near a limit by now, give it back, for two that hold it can not both turn."""
    try:
        with session.begin_nested():
            session.execute(LOCK_SHARED, {"name": lock_name(company)})
            if not all(limit.has_room(size_bytes) for limit in _read(category)):
                raise _NearLimit
    except _NearLimit:
        return False
    return True


@event.listens_for(Session, "after_transaction_end")
def _forget_reserved(session: Session, transaction: SessionTransaction) -> None:
    """A transaction's locks end with it."""
    if transaction.parent is None:
        session.info.pop(HELD, None)


def _read(category: Category) -> list[Limit]:
    values = {"company": current_company_id(), "category": category.value}
    return [
        Limit(row.category, row.hard_bytes, row.file_bytes, int(row.used_bytes))
        for row in db.session.execute(LIMITS, values)
    ]


def _check_file(limits: list[Limit], size_bytes: int) -> None:
    most = min((limit.file_bytes for limit in limits if limit.file_bytes is not None), default=None)
    if most is not None and size_bytes > most:
        raise FileTooLarge(most_bytes=most)
