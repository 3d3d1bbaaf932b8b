"""Taking one change of a flag back."""

import re
from typing import Any

import sqlalchemy as sa

from app.core.db import db, transaction
from app.flags.environments import check_environment
from app.flags.models import FlagEnvironment, FlagRow, FlagVersion
from app.flags.problems import CannotRevert, ChangeNotFound, FlagNotFound
from app.flags.reads.detail import FlagDetail, find_flag
from app.flags.service.changing import ListChange, environment_of, find_row, lock_flags, save_settings
from app.flags.service.definitions import COLUMNS, definition_of, save_definition, set_archived
from app.flags.service.lists import ListName, change_lists
from app.flags.service.settings_form import DEFAULTS, normal_settings

JSON = dict[str, Any]
CHANGED_SINCE = "It was changed again since: {moved}. Take back the newer change first, or edit the flag."
_ULID = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")


def revert(version_id: str, *, key: str | None = None, reason: str = "") -> FlagDetail:
    """Take one change back, whatever came after it, as long as nothing touched the same since.

    Args:
        version_id: Of the entry in the history.
        key: The flag it has to be of, when the address names one.
        reason: Why.

    Raises:
        ChangeNotFound: There is no such change.
        CannotRevert: What it changed was changed again, or it made the flag.
    """
    with transaction():
        lock_flags()
        entry = find_change(version_id)
        if key is not None and entry.flag_key != key:
            raise ChangeNotFound
        flag = find_row(entry.flag_key)
        if flag is None:
            raise FlagNotFound(key=entry.flag_key)
        environment = check_environment(entry.environment)
        _take_back(entry, flag, environment_of(flag, environment), reason)
        return find_flag(flag.key, environment, archived=True)


def find_change(version_id: str) -> FlagVersion:
    """Return an entry of a history.

    Raises:
        ChangeNotFound: There is none.
    """
    found = None
    if _ULID.fullmatch(version_id):
        found = db.session.scalars(sa.select(FlagVersion).where(FlagVersion.id == version_id)).one_or_none()
    if found is None:
        raise ChangeNotFound
    return found


def _take_back(entry: FlagVersion, flag: FlagRow, here: FlagEnvironment, reason: str) -> None:
    if entry.act == "created":
        raise CannotRevert(reason="It made the flag; archive the flag instead.", moved=[])
    if "isArchived" in entry.changes:
        before, after = entry.changes["isArchived"]
        if (flag.archived_at is not None) is not after:
            raise CannotRevert(reason=CHANGED_SINCE.format(moved="isArchived"), moved=["isArchived"])
        if before and flag.is_builtin:
            raise CannotRevert(reason="The product asks this flag.", moved=[])
        set_archived(flag, is_archived=before, act="reverted", reason=reason, reverts=entry.id)
        return
    if flag.archived_at is not None:
        raise CannotRevert(reason="The flag is archived; take that back first.", moved=["isArchived"])
    if entry.environment is None:
        fields = _fields_before(entry, definition_of(flag), COLUMNS)
        save_definition(flag, here, fields, act="reverted", reason=reason, reverts=entry.id)
        return
    now = normal_settings(here.settings)
    wanted = {**now, **_fields_before(entry, now, DEFAULTS)}
    lists = _lists_before(entry, flag, here)
    save_settings(flag, here, wanted, act="reverted", reason=reason, lists=lists, reverts=entry.id)


def _fields_before(entry: FlagVersion, now: JSON, known: Any) -> JSON:
    changes = {name: change for name, change in entry.changes.items() if name in known}
    moved = [name for name, (_, after) in changes.items() if now[name] != after]
    if moved:
        raise CannotRevert(reason=CHANGED_SINCE.format(moved=", ".join(moved)), moved=moved)
    return {name: before for name, (before, _) in changes.items()}


def _lists_before(entry: FlagVersion, flag: FlagRow, here: FlagEnvironment) -> dict[str, ListChange]:
    """Change the lists back. All of it or nothing: a target that moved meanwhile was moved by somebody."""
    kept: JSON = entry.lists.get("whole") or {name: one for name, one in entry.lists.items() if name != "whole"}
    names: tuple[ListName, ...] = ("allow", "block")
    add = {name: list(kept[name]["removed"]) for name in names if name in kept}
    remove = {name: list(kept[name]["added"]) for name in names if name in kept}
    done = change_lists(flag, here, add, remove)
    moved = [
        str(name)
        for name in names
        if set(done[name].added) != set(add.get(name, ())) or set(done[name].removed) != set(remove.get(name, ()))
    ]
    if moved:
        raise CannotRevert(reason=CHANGED_SINCE.format(moved=f"the {' and the '.join(moved)} list"), moved=moved)
    return done
