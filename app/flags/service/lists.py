"""Acts on the allow and the block list of a flag in one environment. A target is on one of them at most."""

from collections.abc import Collection
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, insert

from app.core.db import db, transaction
from app.core.tenancy import current_company_id
from app.flags.environments import check_environment
from app.flags.models import FlagEnvironment, FlagRow, FlagTarget
from app.flags.problems import ListTooLong
from app.flags.reads.detail import FlagDetail, find_flag
from app.flags.service.changing import ListChange, lock_flag, save_settings
from app.flags.service.checks import MAX_LIST, check_targets
from app.flags.service.settings_form import normal_settings

ListName = Literal["allow", "block"]
OTHER: dict[str, ListName] = {"allow": "block", "block": "allow"}
ACTS = {"allow": "allowed", "block": "blocked"}


def allow(key: str, *targets: str, environment: str | None = None, reason: str = "") -> FlagDetail:
    """Put targets on the allow list: they get the on variant; whoever was blocked no longer is.

    Raises:
        FlagNotFound: There is none.
        WrongTarget: One is no id.
        ListTooLong: The list would be longer than it may.
    """
    return _edit(key, "allow", add=targets, act="allowed", environment=environment, reason=reason)


def block(key: str, *targets: str, environment: str | None = None, reason: str = "") -> FlagDetail:
    """Put targets on the block list: they get the off variant, whatever else is said."""
    return _edit(key, "block", add=targets, act="blocked", environment=environment, reason=reason)


def remove_from_list(
    key: str, name: ListName, *targets: str, environment: str | None = None, reason: str = ""
) -> FlagDetail:
    """Take targets off a list; those that are not on it are left out."""
    return _edit(key, name, remove=targets, act="unlisted", environment=environment, reason=reason)


def replace_list(
    key: str, name: ListName, targets: Collection[str], *, environment: str | None = None, reason: str = ""
) -> FlagDetail:
    """Make a list be exactly these targets; one that stands there twice counts once."""
    return _edit(key, name, add=targets, whole=True, act="list-replaced", environment=environment, reason=reason)


def _edit(
    key: str,
    name: ListName,
    *,
    act: str,
    environment: str | None,
    reason: str,
    add: Collection[str] = (),
    remove: Collection[str] = (),
    whole: bool = False,
) -> FlagDetail:
    environment = check_environment(environment)
    wanted, unwanted = check_targets(add), check_targets(remove)
    with transaction():
        flag, here = lock_flag(key, environment)
        if whole:
            keep = set(wanted)
            unwanted = [target for target in read_list(flag, environment, name) if target not in keep]
        lists = change_lists(flag, here, {name: wanted}, {name: unwanted})
        save_settings(flag, here, normal_settings(here.settings), act=act, reason=reason, lists=lists)
        return find_flag(key, environment)


def change_lists(
    flag: FlagRow, here: FlagEnvironment, add: dict[ListName, list[str]], remove: dict[ListName, list[str]]
) -> dict[str, ListChange]:
    """Change the lists of a locked flag and return what really changed on each.

    Raises:
        ListTooLong: One would be longer than it may.
    """
    changes = {"allow": ListChange(), "block": ListChange()}
    for name, targets in remove.items():
        changes[name].removed += _delete(flag, here.environment, name, targets)
    for name, targets in add.items():
        was = _where(flag, here.environment, targets)
        changes[name].added += [target for target in targets if was.get(target) != name]
        changes[OTHER[name]].removed += [target for target in targets if was.get(target) == OTHER[name]]
        _put(flag, here.environment, name, changes[name].added)
    here.allowed += len(changes["allow"].added) - len(changes["allow"].removed)
    here.blocked += len(changes["block"].added) - len(changes["block"].removed)
    if max(here.allowed, here.blocked) > MAX_LIST:
        raise ListTooLong(count=max(here.allowed, here.blocked), most=MAX_LIST)
    return changes


def read_list(flag: FlagRow, environment: str, name: str) -> list[str]:
    """Return a whole list."""
    statement = sa.select(sa.func.array_agg(FlagTarget.target)).where(_on(flag, environment), FlagTarget.list == name)
    return db.session.scalar(statement) or []


def _where(flag: FlagRow, environment: str, targets: list[str]) -> dict[str, str]:
    """Return on which list each of the targets is."""
    statement = sa.select(FlagTarget.target, FlagTarget.list).where(_on(flag, environment), _among(targets))
    return {row.target: row.list for row in db.session.execute(statement)} if targets else {}


def _put(flag: FlagRow, environment: str, name: ListName, targets: list[str]) -> None:
    if not targets:
        return
    rows = sa.select(
        sa.func.unnest(sa.cast(targets, ARRAY(sa.Text))), sa.literal(int(current_company_id())), sa.literal(flag.key),
        sa.literal(environment), sa.literal(name),
    )  # fmt: skip
    made = insert(FlagTarget).from_select(["target", "company_id", "flag_key", "environment", "list"], rows)
    key = ["company_id", "flag_key", "environment", "target"]
    db.session.execute(
        made.on_conflict_do_update(index_elements=key, set_={"list": made.excluded.list, "added_at": sa.func.now()})
    )


def _delete(flag: FlagRow, environment: str, name: ListName, targets: list[str]) -> list[str]:
    if not targets:
        return []
    statement = sa.delete(FlagTarget).where(_on(flag, environment), FlagTarget.list == name, _among(targets))
    gone = set(
        db.session.scalars(statement.returning(FlagTarget.target), execution_options={"synchronize_session": False})
    )
    return [target for target in targets if target in gone]


def _on(flag: FlagRow, environment: str) -> sa.ColumnElement[bool]:
    return sa.and_(FlagTarget.flag_key == flag.key, FlagTarget.environment == environment)


def _among(targets: list[str]) -> sa.ColumnElement[bool]:
    """One parameter however many they are."""
    return FlagTarget.target == sa.func.any(sa.cast(targets, ARRAY(sa.Text)))
