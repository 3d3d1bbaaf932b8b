"""Acts on segments: groups that rules of many flags name, the same in every environment."""

from typing import Any

from app.core import clock
from app.core.db import db, transaction
from app.core.errors import InvalidInput
from app.core.outbox import record
from app.core.pushed import bump
from app.core.tenancy import current_company_id
from app.flags import events
from app.flags.environments import list_environments
from app.flags.load import read_definitions
from app.flags.models import FlagSegment
from app.flags.problems import FlagChanged, SegmentInUse, SegmentNotFound
from app.flags.reads.detail import is_key
from app.flags.reads.segments import SegmentDetail, find_segment, find_segment_row
from app.flags.service.changing import lock_flags
from app.flags.service.checks import check_segment, check_storable, check_targets
from app.flags.service.definitions import KEY_RULE
from app.flags.service.settings_form import changes_between, normal_condition

JSON = dict[str, Any]


def save_segment(key: str, fields: JSON, *, reason: str = "", version: int | None = None) -> SegmentDetail:
    """Make a segment, or change one; an archived one is brought back.

    Args:
        key: Its name in rules.
        fields: Any of description, conditions, included, excluded.
        reason: Why.
        version: The version the editor looked at; 0 when it must not exist yet.

    Raises:
        InvalidInput: The key cannot be one.
        WrongSegment: A condition cannot be used.
        FlagChanged: It was changed after `version`.
    """
    if not is_key(key):
        raise InvalidInput(errors=[{"field": "key", "message": KEY_RULE}])
    check_storable(fields)
    with transaction():
        lock_flags()
        row = find_segment_row(key)
        before = _fields_of(row) if row else {"description": "", "conditions": [], "included": [], "excluded": []}
        wanted = {**before, **fields}
        wanted["conditions"] = [normal_condition(one) for one in wanted["conditions"]]
        wanted["included"], wanted["excluded"] = check_targets(wanted["included"]), check_targets(wanted["excluded"])
        check_segment(wanted["conditions"])
        is_there = row is not None and row.archived_at is None
        changes = changes_between(before, wanted)
        if is_there and not changes:
            return find_segment(key)
        current = row.version if row and is_there else 0
        if version is not None and version != current:
            raise FlagChanged(yours=version, current=current, changed=changes)
        revision = bump("flags")
        if row is None:
            row = FlagSegment(company_id=current_company_id(), key=key, changed_in=revision)
            db.session.add(row)
        for name, value in wanted.items():
            setattr(row, name, value)
        _touch(row, revision, is_archived=False)
        act = "edited" if is_there else "created"
        _tell(row, act, changes, reason)
        return find_segment(key)


def archive_segment(key: str, *, reason: str = "") -> None:
    """Take a segment out of use.

    Raises:
        SegmentNotFound: There is none.
        SegmentInUse: Rules name it.
    """
    with transaction():
        lock_flags()
        row = find_segment_row(key)
        if row is None or row.archived_at is not None:
            raise SegmentNotFound(key=key[:100])
        if users := users_of_segment(key):
            raise SegmentInUse(key=key, users=", ".join(users))
        _touch(row, bump("flags"), is_archived=True)
        _tell(row, "archived", {}, reason)


def users_of_segment(key: str) -> list[str]:
    """Return the flags whose rules name a segment in any environment."""
    return sorted(
        {
            flag.key
            for environment in list_environments()
            for flag in read_definitions(environment).values()
            if any(key in rule.segments for rule in flag.settings.rules)
        }
    )


def _fields_of(row: FlagSegment) -> JSON:
    return {
        "description": row.description, "conditions": row.conditions, "included": row.included, "excluded": row.excluded,
    }  # fmt: skip


def _touch(row: FlagSegment, revision: int, *, is_archived: bool) -> None:
    row.version = row.changed_in = revision
    row.changed_at = clock.now()
    row.archived_at = row.changed_at if is_archived else None


def _tell(row: FlagSegment, act: str, changes: JSON, reason: str) -> None:
    shown = {name: _short(change) for name, change in changes.items()}
    record(
        events.SegmentChanged(key=row.key, act=act, changes=shown, reason=reason, version=row.version),
        version=row.version,
    )


def _short(change: list[Any], most: int = 100) -> list[Any]:
    """A fact holds the beginning of long lists."""
    return [value[:most] if isinstance(value, list) else value for value in change]
