"""What checks found: written once, however often it is found again, and settled when it is not found any more."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from app.core import clock
from app.core.cursor import decode_cursor, encode_cursor
from app.core.db import db, transaction
from app.core.errors import NotFound
from app.core.ids import CompanyId, new_ulid
from app.storage.models import StorageFinding

BATCH = 1000
OPEN = "open"


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it should be, before it is written."""

    kind: str
    key: str
    size_bytes: int
    owner_id: int | None = None
    file_id: str = ""
    detail: str = ""


def keep(home: CompanyId, check_id: str, provider: str, found: Iterable[Finding]) -> int:
    """Write findings down; one that is known already stays one. Return how many were given.

    Args:
        home: The installation's id: whoever writes may be the collector, which sees all companies.
        check_id: The check that found them.
        provider: Where.
        found: What.
    """
    rows = [_row(home, check_id, provider, one) for one in found]
    for start in range(0, len(rows), BATCH):
        statement = insert(StorageFinding).values(rows[start : start + BATCH])
        now = clock.now()
        changed = {
            "check_id": statement.excluded.check_id, "state": OPEN, "size_bytes": statement.excluded.size_bytes,
            "detail": statement.excluded.detail, "file_id": statement.excluded.file_id, "settled_at": None,
            "found_at": sa.case((StorageFinding.state == OPEN, StorageFinding.found_at), else_=now),
        }  # fmt: skip
        known = statement.on_conflict_do_update(
            index_elements=["company_id", "provider", "key", "kind"], set_=changed,
            where=StorageFinding.state != "ignored",
        )  # fmt: skip
        with transaction():
            db.session.execute(known)
    return len(rows)


def _row(home: CompanyId, check_id: str, provider: str, one: Finding) -> dict[str, Any]:
    return {"company_id": home, "id": new_ulid(), "check_id": check_id, "provider": provider, **vars(one)}


def settle(home: CompanyId, provider: str, kind: str, keys: Collection[str], state: str, moved_to: str = "") -> None:
    """Say what became of findings."""
    statement = (
        sa.update(StorageFinding)
        .where(StorageFinding.company_id == home, StorageFinding.provider == provider, StorageFinding.kind == kind)
        .where(StorageFinding.key.in_(keys))
        .values(state=state, moved_to=moved_to, settled_at=clock.now())
    )
    with transaction():
        db.session.execute(statement)


def close_others(home: CompanyId, provider: str, kinds: Collection[str], check_id: str, owner: int | None) -> int:
    """Close what an earlier check found and this one did not; return how many."""
    statement = (
        sa.update(StorageFinding)
        .where(StorageFinding.company_id == home, StorageFinding.provider == provider, StorageFinding.state == OPEN)
        .where(StorageFinding.kind.in_(kinds), StorageFinding.check_id != check_id)
        .values(state="gone", settled_at=clock.now())
        .returning(StorageFinding.id)
    )
    if owner is not None:
        statement = statement.where(StorageFinding.owner_id == owner)
    with transaction():
        return len(db.session.scalars(statement).all())


def find(finding_id: str) -> StorageFinding:
    """Return one finding of the installation.

    Raises:
        NotFound: There is none.
    """
    row = db.session.scalars(sa.select(StorageFinding).where(StorageFinding.id == finding_id)).one_or_none()
    if row is None:
        raise NotFound
    return row


def page_of(
    *, state: str = "", provider: str = "", kind: str = "", after: str | None = None, limit: int = 50
) -> tuple[Sequence[StorageFinding], str | None]:
    """Return findings, newest first, and the cursor of the next page."""
    query = sa.select(StorageFinding).order_by(StorageFinding.id.desc()).limit(limit + 1)
    for column, value in (
        (StorageFinding.state, state), (StorageFinding.provider, provider), (StorageFinding.kind, kind),
    ):  # fmt: skip
        query = query.where(column == value) if value else query
    if after:
        query = query.where(StorageFinding.id < decode_cursor(after, StorageFinding.id)[0])
    rows = db.session.scalars(query).all()
    return rows[:limit], encode_cursor(rows[limit - 1].id) if len(rows) > limit else None


def open_by_kind() -> dict[tuple[str, str], tuple[int, int]]:
    """Return (provider, kind) → (findings, bytes) of what is open or set aside; `aside` for the latter."""
    kind = sa.case((StorageFinding.state == "quarantined", "aside"), else_=StorageFinding.kind)
    query = (
        sa.select(StorageFinding.provider, kind, sa.func.count(), sa.func.sum(StorageFinding.size_bytes))
        .where(StorageFinding.state.in_((OPEN, "quarantined")))
        .group_by(StorageFinding.provider, kind)
    )
    return {(provider, of): (count, int(size)) for provider, of, count, size in db.session.execute(query)}
