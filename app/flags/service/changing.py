"""What every change of a flag goes through: one lock, the check of the version, the history, the fact, the revision.

The version of a flag is the revision of the installation that last changed it, in this environment or in all of
them: one number for editors, live rows and caches.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa

from app.core import clock
from app.core.context import actor, request_id
from app.core.db import db
from app.core.outbox import record
from app.core.pushed import bump, revisions
from app.core.tenancy import current_company_id
from app.flags import events
from app.flags.engine.model import Flag, settings_from_json
from app.flags.load import read_definitions
from app.flags.models import FlagEnvironment, FlagRollout, FlagRow, FlagSegment, FlagVersion
from app.flags.problems import FlagChanged, FlagNotFound, ShareIsPlanned
from app.flags.reads.detail import is_key
from app.flags.rollouts.decision import LIVE
from app.flags.service.checks import check_prerequisites, check_settings, check_storable, check_targeting, check_whole
from app.flags.service.settings_form import changes_between, normal_settings, outside_changes

JSON = dict[str, Any]
SHOWN = 20  # targets of a changed list in a fact
KEPT = 100  # and in the part of the history that lists read
ROLLOUT_OR_SWITCH = {"rollout-step", "enabled", "disabled"}  # what moves a share while a rollout is planned


@dataclass
class ListChange:
    """Targets that were put on a list or taken off it."""

    added: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)

    def shown(self, most: int) -> JSON:
        """Return the first of them, and how many they are."""
        return {
            "added": self.added[:most], "addedCount": len(self.added),
            "removed": self.removed[:most], "removedCount": len(self.removed),
        }  # fmt: skip


Lists = Mapping[str, ListChange]


def lock_flags() -> None:
    """Let one saver at a time in: prerequisites are checked over all flags, and revisions commit in their order."""
    db.session.execute(sa.select(revisions.c.revision).where(revisions.c.name == "flags").with_for_update())


def lock_flag(key: str, environment: str) -> tuple[FlagRow, FlagEnvironment]:
    """Return a flag's rows, for a change of them.

    Raises:
        FlagNotFound: There is none, or it is archived.
    """
    lock_flags()
    flag = find_row(key)
    if flag is None or flag.archived_at is not None:
        raise FlagNotFound(key=key[:100])
    return flag, environment_of(flag, environment)


def find_row(key: str) -> FlagRow | None:
    """Return a flag, archived or not, as it is now."""
    if not is_key(key):
        return None
    found = sa.select(FlagRow).where(FlagRow.key == key).execution_options(populate_existing=True)
    return db.session.scalars(found).one_or_none()


def environment_of(flag: FlagRow, environment: str) -> FlagEnvironment:
    """Return how a flag answers in an environment; one that was named in the settings later begins switched off."""
    found = db.session.scalars(
        sa.select(FlagEnvironment)
        .where(FlagEnvironment.flag_key == flag.key, FlagEnvironment.environment == environment)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        found = FlagEnvironment(
            company_id=current_company_id(), flag_key=flag.key, environment=environment,
            settings=normal_settings(None), changed_in=flag.changed_in, version=flag.version, changed_by=actor(),
        )  # fmt: skip
        db.session.add(found)
    return found


def save_settings(
    flag: FlagRow,
    here: FlagEnvironment,
    wanted: JSON,
    *,
    act: str,
    reason: str = "",
    version: int | None = None,
    lists: Lists | None = None,
    reverts: str | None = None,
) -> None:
    """Keep settings that differ from what is there; nothing different, nothing happens.

    Args:
        flag: The flag, locked.
        here: Its environment.
        wanted: Settings in their normal form.
        act: As `flag.changed` names it.
        reason: In the words of who acts.
        version: The version they looked at; None does not ask.
        lists: What was changed on the lists, already.
        reverts: The change this one takes back.

    Raises:
        FlagChanged: Settings were changed after `version`.
        GlobalShare: The flag is global, and would be on for a part.
        ShareIsPlanned: A rollout sets the share.
    """
    before = normal_settings(here.settings)
    changes = changes_between(before, wanted)
    lists = {name: one for name, one in (lists or {}).items() if one.added or one.removed}
    if not changes and not lists:
        return
    refuse_stale(flag, here, version)
    if changes:
        check_wanted(flag, here.environment, wanted, is_waiting="prerequisites" in changes)
    if changes.keys() & {"percentage", "rules"}:  # the kill switch works whatever else is wrong
        check_whole(flag.scope, wanted)
    if "percentage" in changes and act not in ROLLOUT_OR_SWITCH:
        refuse_planned(flag.key, here.environment)
    revision = bump("flags")
    here.settings = wanted
    touch(here, revision)
    if lists:
        here.lists_changed_in = revision
    write_history(flag, here.environment, revision, act, changes, lists=lists, reason=reason, reverts=reverts)


def check_wanted(flag: FlagRow, environment: str, wanted: JSON, *, is_waiting: bool) -> None:
    """Refuse settings that cannot be meant."""
    check_settings(wanted, flag.variants, segment_keys())
    check_storable(wanted)
    flags = read_definitions(environment) if is_waiting or wanted["targeting"] else {}
    if flag.key in flags:
        flags[flag.key] = with_settings(flags[flag.key], wanted)
        check_targeting(flags[flag.key])
        if is_waiting:
            check_prerequisites(flag.key, flags)


def refuse_planned(key: str, environment: str) -> None:
    """Refuse to move a share that a rollout moves: its next step would undo that, or fall.

    Raises:
        ShareIsPlanned: Which one.
    """
    live = db.session.scalars(
        sa.select(FlagRollout).where(
            FlagRollout.flag_key == key, FlagRollout.environment == environment, FlagRollout.state.in_(LIVE)
        )
    ).one_or_none()
    if live is not None:
        raise ShareIsPlanned(key=key, environment=environment, rollout=live.id, state=live.state)


def with_settings(flag: Flag, wanted: JSON) -> Flag:
    """Return the engine's flag as it would be."""
    return replace(flag, settings=settings_from_json(wanted))


def segment_keys() -> set[str]:
    """Return the segments that rules may name."""
    return set(db.session.scalars(sa.select(FlagSegment.key).where(FlagSegment.archived_at.is_(None))))


def touch(here: FlagEnvironment, revision: int) -> None:
    """Note that a flag answers otherwise in an environment, since when and by whom."""
    here.version = here.changed_in = revision
    here.changed_at, here.changed_by = clock.now(), actor()


def refuse_stale(flag: FlagRow, here: FlagEnvironment, version: int | None) -> None:
    """Refuse a change that was begun before another one ended, and say what that one changed.

    A change of the lists alone is no conflict: those are whole acts, and none undoes another unseen.

    Raises:
        FlagChanged: Settings or the flag itself are newer than `version`.
    """
    if version is None or version == here.version:
        return
    newer = db.session.scalars(
        sa.select(FlagVersion)
        .where(
            FlagVersion.flag_key == flag.key, FlagVersion.version > version,
            sa.or_(FlagVersion.environment == here.environment, FlagVersion.environment.is_(None)),
        )
        .order_by(FlagVersion.id)
    ).all()  # fmt: skip
    changed: dict[str, list[Any]] = {}
    for one in newer:
        for name, (before, after) in one.changes.items():
            changed[name] = [changed.get(name, [before])[0], after]
    if not changed and version < here.version:
        return
    last = newer[-1] if newer else None
    raise FlagChanged(
        yours=version, current=here.version, changed=outside_changes(changed), changed_by=last.actor.get("name") if last else None,
        changed_at=last.at if last else None,
    )  # fmt: skip


def write_history(
    flag: FlagRow,
    environment: str | None,
    revision: int,
    act: str,
    changes: dict[str, list[Any]],
    *,
    lists: Lists | None = None,
    reason: str = "",
    reverts: str | None = None,
) -> None:
    """Keep the change for the history, and tell it."""
    lists = lists or {}
    kept: JSON = {name: one.shown(KEPT) for name, one in lists.items()}
    if any(len(one.added) > KEPT or len(one.removed) > KEPT for one in lists.values()):
        # What a revert needs, apart from what lists of changes read.
        kept["whole"] = {name: {"added": one.added, "removed": one.removed} for name, one in lists.items()}
    entry = FlagVersion(
        company_id=current_company_id(), flag_key=flag.key, version=revision, act=act, changes=changes, actor=actor(),
        request_id=request_id(), environment=environment, lists=kept, reason=reason, reverts=reverts,
    )  # fmt: skip
    db.session.add(entry)
    told: JSON = {"key": flag.key, "reason": reason, "version": revision, "change": entry.id}
    if act == "created":
        record(events.FlagCreated(**told, changes=changes), version=revision)
    elif act == "archived":
        record(events.FlagArchived(**told), version=revision)
    else:
        shown = {name: one.shown(SHOWN) for name, one in lists.items()}
        record(
            events.FlagChanged(**told, environment=environment, act=act, changes=changes, lists=shown), version=revision
        )
