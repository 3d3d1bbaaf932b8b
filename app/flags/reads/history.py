"""What was changed about a flag, by whom and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from app.core.cursor import decode_cursor, encode_cursor
from app.core.db import db
from app.flags.models import FlagVersion


@dataclass(frozen=True, slots=True)
class ChangeEntry:
    """One change.

    Attributes:
        environment: None when it changed what the flag is everywhere.
        changes: Field → [before, after]; percentages in thousandths of a percent.
        lists: allow and block → added and removed (the first hundred), addedCount and removedCount.
        reverts: The change that this one took back.
        reverted_by: The newest change that took this one back.
    """

    id: str
    key: str
    environment: str | None
    version: int
    act: str
    changes: Mapping[str, Any]
    lists: Mapping[str, Any]
    actor: Mapping[str, Any]
    reason: str
    request_id: str
    at: datetime
    reverts: str | None
    reverted_by: str | None


@dataclass(frozen=True, slots=True)
class ChangePage:
    """One page of changes, newest first."""

    items: Sequence[ChangeEntry]
    next_cursor: str | None


def list_versions(key: str, after: str | None = None, limit: int = 50, *, environment: str | None = None) -> ChangePage:
    """Return a flag's changes, newest first; with an environment only those that count there."""
    undo = sa.orm.aliased(FlagVersion)
    reverted_by = (
        sa.select(sa.func.max(undo.id)).where(undo.flag_key == key, undo.reverts == FlagVersion.id).scalar_subquery()
    )
    statement = sa.select(
        FlagVersion.id, FlagVersion.flag_key.label("key"), FlagVersion.environment, FlagVersion.version,
        FlagVersion.act, FlagVersion.changes, FlagVersion.lists.op("-")("whole").label("lists"), FlagVersion.actor,
        FlagVersion.reason, FlagVersion.request_id, FlagVersion.at, FlagVersion.reverts,
        reverted_by.label("reverted_by"),
    ).where(FlagVersion.flag_key == key)  # fmt: skip
    if environment is not None:
        statement = statement.where(sa.or_(FlagVersion.environment == environment, FlagVersion.environment.is_(None)))
    if after:
        statement = statement.where(FlagVersion.id < decode_cursor(after, FlagVersion.id)[0])
    rows = db.session.execute(statement.order_by(FlagVersion.id.desc()).limit(limit + 1)).mappings().all()
    items = [ChangeEntry(**row) for row in rows[:limit]]
    return ChangePage(items, encode_cursor(items[-1].id) if len(rows) > limit else None)
