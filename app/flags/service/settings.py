"""Acts on how a flag answers in one environment."""

from collections.abc import Callable
from typing import Any

from app.core.db import transaction
from app.core.ids import new_ulid
from app.flags.engine.model import WHOLE, Scope
from app.flags.environments import check_environment
from app.flags.models import FlagRow
from app.flags.reads.detail import FlagDetail, find_flag
from app.flags.service.changing import lock_flag, save_settings
from app.flags.service.settings_form import normal_rule, normal_settings, normal_split

JSON = dict[str, Any]
Wanted = JSON | Callable[[FlagRow, JSON], JSON]


def enable(key: str, *, environment: str | None = None, reason: str = "", version: int | None = None) -> FlagDetail:
    """Switch a flag on; a global one at 0 % goes to 100 %, for it is all or nothing.

    Raises:
        FlagNotFound: There is none.
        FlagChanged: It was changed after `version`.
    """

    def wanted(flag: FlagRow, now: JSON) -> JSON:
        everybody = flag.scope == Scope.GLOBAL and now["percentage"] == 0 and not now["targeting"]
        return {"enabled": True, **({"percentage": WHOLE} if everybody else {})}

    return change_settings(key, wanted, "enabled", environment, reason, version)


def disable(key: str, *, environment: str | None = None, reason: str = "", version: int | None = None) -> FlagDetail:
    """Pull the kill switch: everybody gets the off variant. The rest of the settings waits for it to be on again."""
    return change_settings(key, {"enabled": False}, "disabled", environment, reason, version)


def set_percentage(
    key: str, percentage: int, *, environment: str | None = None, reason: str = "", version: int | None = None
) -> FlagDetail:
    """Set the share of those no earlier step decides about.

    Args:
        key: The flag.
        percentage: In thousandths of a percent.
        environment: None means this installation's.
        reason: Why, in the words of who acts.
        version: The version they looked at.

    Raises:
        ShareOutOfRange: It is none.
    """
    return change_settings(key, {"percentage": percentage}, "share-set", environment, reason, version)


def set_split(
    key: str, split: list[list[Any]], *, environment: str | None = None, reason: str = "", version: int | None = None
) -> FlagDetail:
    """Set how those inside the percentage are divided: [variant, weight] pairs; none gives all the on variant.

    Raises:
        UnknownVariant: The flag has no such variant.
        WrongSplit: The weights make no sense.
    """
    pairs = normal_split(split)
    return change_settings(key, {"split": pairs}, "split-set", environment, reason, version)


def set_rules(
    key: str, rules: list[JSON], *, environment: str | None = None, reason: str = "", version: int | None = None
) -> FlagDetail:
    """Set all rules, in their order, as JSON; a rule without an id is new and gets one.

    Raises:
        WrongRule: One cannot be used.
    """
    named = with_ids(rules)
    return change_settings(key, {"rules": named}, "rules-set", environment, reason, version)


def set_prerequisites(
    key: str, prerequisites: list[JSON], *, environment: str | None = None, reason: str = "", version: int | None = None
) -> FlagDetail:
    """Set the flags this one waits for: [{"flag": key, "variants": [names]}].

    Raises:
        UnknownPrerequisite: There is no such flag.
        PrerequisiteCycle: They would wait for each other.
    """
    return change_settings(key, {"prerequisites": prerequisites}, "prerequisites-set", environment, reason, version)


def set_settings(
    key: str, fields: JSON, *, environment: str | None = None, reason: str = "", version: int | None = None
) -> FlagDetail:
    """Set several of enabled, percentage, split, rules, prerequisites and targeting in one change."""
    given = {**fields, "rules": with_ids(fields["rules"])} if "rules" in fields else fields
    return change_settings(key, given, "settings-set", environment, reason, version)


def change_settings(
    key: str, wanted: Wanted, act: str, environment: str | None, reason: str, version: int | None
) -> FlagDetail:
    """Change fields of a flag's settings; `wanted` is them, or makes them of what is there."""
    environment = check_environment(environment)
    with transaction():
        flag, here = lock_flag(key, environment)
        now = normal_settings(here.settings)
        after = normal_settings({**now, **(wanted(flag, now) if callable(wanted) else wanted)})
        save_settings(flag, here, after, act=act, reason=reason, version=version)
        return find_flag(key, environment)


def with_ids(rules: list[JSON]) -> list[JSON]:
    """Return the rules, each with an id: it is part of what is hashed, so a rule that is moved draws as before."""
    return [normal_rule({**rule, "id": rule.get("id") or new_ulid().lower()[-10:]}) for rule in rules]
