"""Who stands on a flag's lists."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from app.core.cursor import decode_cursor, encode_cursor
from app.core.db import db
from app.flags.environments import check_environment
from app.flags.models import FlagTarget


@dataclass(frozen=True, slots=True)
class ListedTarget:
    """One target on a list."""

    target: str
    added_at: datetime


@dataclass(frozen=True, slots=True)
class TargetPage:
    """One page of a list, by target."""

    items: Sequence[ListedTarget]
    next_cursor: str | None


def list_targets(
    key: str, environment: str | None, name: str, after: str | None = None, limit: int = 100, *, q: str = ""
) -> TargetPage:
    """Return who stands on the allow or the block list of a flag, by target; `q` is how their ids begin."""
    statement = sa.select(FlagTarget.target, FlagTarget.added_at).where(
        FlagTarget.flag_key == key, FlagTarget.environment == check_environment(environment), FlagTarget.list == name
    )
    if q:
        statement = statement.where(FlagTarget.target.startswith(q, autoescape=True))
    if after:
        statement = statement.where(FlagTarget.target > decode_cursor(after, FlagTarget.target)[0])
    rows = db.session.execute(statement.order_by(FlagTarget.target).limit(limit + 1)).all()
    items = [ListedTarget(row.target, row.added_at) for row in rows[:limit]]
    return TargetPage(items, encode_cursor(items[-1].target) if len(rows) > limit else None)
