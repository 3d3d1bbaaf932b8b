"""The list of flags."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa

from app.core.cursor import decode_cursor, encode_cursor
from app.core.db import db
from app.flags.engine.model import WHOLE
from app.flags.environments import check_environment
from app.flags.models import FlagEnvironment, FlagRollout, FlagRow
from app.flags.reads.detail import FlagDetail, build_detail, select_details
from app.flags.reads.stale import stale_flags

ENABLED = FlagEnvironment.settings["enabled"].as_boolean()
SHARE = FlagEnvironment.settings["percentage"].as_integer()
LIVE = ("planned", "running", "held")


class View(StrEnum):
    """Which flags."""

    ALL = "all"
    ON = "on"
    OFF = "off"
    ROLLING_OUT = "rolling-out"
    STALE = "stale"
    ARCHIVED = "archived"


@dataclass(frozen=True, slots=True)
class FlagPage:
    """One page of flags, by key."""

    items: Sequence[FlagDetail]
    next_cursor: str | None


def list_flags(
    environment: str | None = None,
    q: str | None = None,
    view: View = View.ALL,
    after: str | None = None,
    limit: int = 50,
    *,
    keys: Sequence[str] | None = None,
    changed_by: str | None = None,
) -> FlagPage:
    """Return flags by key.

    Args:
        environment: Whose settings; None means this installation's.
        q: Words that stand in key or description; `owner:` and `tag:` name one exactly.
        view: Which of them.
        after: Cursor of the row before the page.
        limit: Rows of a page.
        keys: Only these.
        changed_by: Only those that this person (public id) changed last in the environment.
    """
    environment = check_environment(environment)
    statement = select_details(environment).where(*_match(q), _in_view(view, environment))
    if keys is not None:
        statement = statement.where(FlagRow.key.in_(keys))
    if changed_by is not None:
        statement = statement.where(FlagEnvironment.changed_by["id"].as_string() == changed_by)
    if after:
        statement = statement.where(FlagRow.key > decode_cursor(after, FlagRow.key)[0])
    rows = db.session.execute(statement.order_by(FlagRow.key).limit(limit + 1)).all()
    items = [build_detail(row, environment) for row in rows[:limit]]
    return FlagPage(items, encode_cursor(items[-1].key) if len(rows) > limit else None)


def _in_view(view: View, environment: str) -> sa.ColumnElement[bool]:
    if view is View.ARCHIVED:
        return FlagRow.archived_at.is_not(None)
    kept = FlagRow.archived_at.is_(None)
    if view is View.ON:
        return sa.and_(kept, ENABLED)
    if view is View.OFF:
        return sa.and_(kept, sa.or_(FlagEnvironment.flag_key.is_(None), sa.not_(ENABLED)))
    if view is View.ROLLING_OUT:
        planned = sa.exists().where(
            FlagRollout.flag_key == FlagRow.key, FlagRollout.environment == environment, FlagRollout.state.in_(LIVE)
        )
        return sa.and_(kept, sa.or_(planned, sa.and_(ENABLED, SHARE > 0, SHARE < WHOLE)))
    if view is View.STALE:
        return sa.and_(kept, FlagRow.key.in_([one.key for one in stale_flags(environment)]))
    return kept


def _match(q: str | None) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    for word in (q or "").replace("\x00", " ").split():
        name, colon, value = word.partition(":")
        if colon and name == "owner":
            found.append(sa.func.lower(FlagRow.owner) == value.lower())
        elif colon and name == "tag":
            found.append(sa.literal(value) == sa.func.any(FlagRow.tags))
        else:
            found.append(
                sa.or_(
                    FlagRow.key.icontains(word, autoescape=True), FlagRow.description.icontains(word, autoescape=True)
                )
            )
    return found
