"""The history of a flag in words: what each change did, and the difference for those who want it exactly."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.core.present import plural
from app.flags.reads import ChangeEntry
from app.flags.views.steps import split_text
from app.flags.views.wording import percent_text

SHOWN_TARGETS = 4
ICONS = {"created": "plus", "archived": "trash-2", "reverted": "rotate-ccw", "imported": "upload"}
FIELD_WORDS = {
    "description": "the description", "owner": "the owner", "tags": "the tags", "variants": "the variants",
    "onVariant": "what those inside get", "offVariant": "what everybody else gets", "isPermanent": "the lifetime",
    "metadata": "the metadata", "type": "the type", "scope": "what it is decided by", "salt": "the salt",
    "algorithm": "the way it draws", "targeting": "the imported targeting", "prerequisites": "the prerequisites",
    "rules": "the rules",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """One change as the page shows it.

    Attributes:
        where: The environment, or the version of the definition.
        diff: Field → before and after, as they are kept.
    """

    id: str
    at: datetime
    text: str
    icon: str
    where: str
    reason: str
    diff: dict[str, dict[str, str | None]]
    can_revert: bool


def entries_of(versions: Iterable[ChangeEntry]) -> list[Entry]:
    """Return the entries of some changes, in their order."""
    return [entry_of(version) for version in versions]


def entry_of(version: ChangeEntry) -> Entry:
    """Return one change in words."""
    what = say_change(version.act, version.changes, version.lists)
    is_by_nobody = version.actor.get("kind") not in {"user", "token"}
    where = (
        f"{version.environment}, version {version.version}" if version.environment else f"definition {version.version}"
    )
    return Entry(
        version.id,
        version.at,
        f"{version.actor.get('name') or 'The system'} {what}",
        ICONS.get(version.act, "calendar-clock" if is_by_nobody else "user"),
        where,
        version.reason,
        diff_of(version.changes, version.lists),
        can_revert=version.act != "created" and version.reverted_by is None,
    )


def say_change(act: str, changes: Mapping[str, Any], lists: Mapping[str, Any]) -> str:
    """Return what a change did, in the past tense: `raised the share from 10% to 25%`."""
    if act == "created":
        return "made the flag"
    if act == "archived":
        return "archived the flag"
    parts = [_say_field(name, pair) for name, pair in changes.items()]
    parts += [words for name, change in _changed_lists(lists) for words in _say_list(name, change)]
    said = _listed([part for part in parts if part]) or "saved it unchanged"
    return f"took back a change: {said}" if act == "reverted" else f"imported it: {said}" if act == "imported" else said


def diff_of(changes: Mapping[str, Any], lists: Mapping[str, Any]) -> dict[str, dict[str, str | None]]:
    """Return the difference as the page's diff takes it."""
    found = {name: _pair(name, *pair) for name, pair in changes.items()}
    for name, change in _changed_lists(lists):
        removed, added = (_names(change, what) for what in ("removed", "added"))
        found[f"{name} list"] = {"before": removed or None, "after": added or None}
    return found


def conflict_diff(changed: Mapping[str, Any]) -> dict[str, dict[str, str | None]]:
    """Return what somebody else changed meanwhile, as a conflict tells it: [before, after], shares in percent."""
    found: dict[str, dict[str, str | None]] = {}
    for name, (before, after) in changed.items():
        if name == "percentage":
            found[name] = {"before": f"{before or 0:g}%", "after": f"{after or 0:g}%"}
        else:
            found[name] = _pair(name, before, after)
    return found


def _say_field(name: str, pair: list[Any]) -> str:
    before, after = pair
    if name == "isArchived":
        return "archived it" if after else "brought it back"
    if name == "enabled":
        return "switched it on" if after else "switched it off"
    if name == "percentage":
        word = "raised" if (after or 0) > (before or 0) else "lowered"
        return f"{word} the share from {percent_text(before or 0)} to {percent_text(after or 0)}"
    if name == "split":
        return f"split it: {split_text((one, weight) for one, weight in after)}" if after else "ended the split"
    if name in {"rules", "prerequisites"}:
        return _say_many(name, len(before or []), len(after or []))
    return f"changed {FIELD_WORDS.get(name, name)}"


def _say_many(name: str, before: int, after: int) -> str:
    if after > before:
        return f"added {plural(after - before, name.removesuffix('s'))}"
    if after < before:
        return f"removed {plural(before - after, name.removesuffix('s'))}"
    return f"changed {FIELD_WORDS[name]}"


def _say_list(name: str, change: Mapping[str, Any]) -> list[str]:
    words = []
    if added := _names(change, "added"):
        words.append(f"put {added} on the {name} list")
    if removed := _names(change, "removed"):
        words.append(f"took {removed} off the {name} list")
    return words


def _changed_lists(lists: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    return [(name, lists[name]) for name in ("allow", "block") if name in lists]


def _names(change: Mapping[str, Any], what: str) -> str:
    """Return the first targets of a change of a list, and how many more; long ones are kept cut, with their count."""
    targets = list(change.get(what) or [])
    count = int(change.get(f"{what}Count", len(targets)))
    shown = ", ".join(str(target) for target in targets[:SHOWN_TARGETS])
    more = count - min(len(targets), SHOWN_TARGETS)
    return f"{shown} and {more:,} more" if more > 0 else shown


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}" if parts else ""


def _pair(name: str, before: Any, after: Any) -> dict[str, str | None]:
    if name == "percentage":
        return {"before": percent_text(before or 0), "after": percent_text(after or 0)}
    return {"before": _as_json(before), "after": _as_json(after)}


def _as_json(value: Any) -> str | None:  # Any: a setting of any kind
    return (
        None if value is None else json.dumps(value, ensure_ascii=False, indent=1 if isinstance(value, list) else None)
    )
