"""What is wrong with settings, before they are kept: each mistake by name, with what to do."""

import json
import math
from collections.abc import Collection, Mapping
from typing import Any

from app.flags.engine.conditions import MAX_CONDITIONS, MAX_RULES, check_condition
from app.flags.engine.model import WHOLE, Flag, FlagType, Scope, conditions_from_json
from app.flags.engine.prerequisites import MAX_EVALUATIONS, MAX_PREREQUISITES, find_costly, find_cycle
from app.flags.engine.steps import read_targeting
from app.flags.problems import (
    GlobalShare,
    ListTooLong,
    PrerequisiteCycle,
    ShareOutOfRange,
    TooManyPrerequisites,
    UnknownPrerequisite,
    UnknownSegment,
    UnknownVariant,
    WrongRule,
    WrongSegment,
    WrongSplit,
    WrongTarget,
    WrongTargeting,
    WrongValue,
    WrongVariants,
)

JSON = Mapping[str, Any]
MAX_LIST, MAX_TARGET = 100_000, 200
MAX_VARIANTS, MAX_NAME, MAX_BYTES = 50, 100, 65_536
MAX_WEIGHTS = 2_147_483_647
OF_TYPE: dict[str, tuple[type, ...]] = {
    FlagType.BOOLEAN: (bool,), FlagType.STRING: (str,), FlagType.NUMBER: (int, float), FlagType.OBJECT: (dict, list),
}  # fmt: skip
SAID = {
    FlagType.BOOLEAN: "true or false", FlagType.STRING: "a text", FlagType.NUMBER: "a number",
    FlagType.OBJECT: "an object or a list",
}  # fmt: skip


def check_variants(kind: str, variants: JSON, on_variant: str, off_variant: str | None) -> None:
    """Refuse variants that are not all of the flag's type, or an on or off variant that is none of them.

    Raises:
        WrongVariants: What is wrong, and which one.
        UnknownVariant: The on or off variant is not among them.
    """
    if not 1 <= len(variants) <= MAX_VARIANTS:
        raise WrongVariants(reason=f"A flag has 1 to {MAX_VARIANTS} of them.")
    for name, value in variants.items():
        if not 0 < len(name) <= MAX_NAME or name != name.strip() or "\x00" in name:
            raise WrongVariants(reason=f"Name each in 1 to {MAX_NAME} characters, without spaces around it.")
        wanted = OF_TYPE[kind]
        if not isinstance(value, wanted) or (isinstance(value, bool) and bool not in wanted):
            raise WrongVariants(reason=f"The flag is of type {kind}, so “{name}” has to be {SAID[FlagType(kind)]}.")
        if isinstance(value, float) and not math.isfinite(value):
            raise WrongVariants(reason=f"“{name}” has to be a number that has an end.")
    check_storable(variants)
    if len(json.dumps(variants)) > MAX_BYTES:
        raise WrongVariants(reason=f"Together they may take {MAX_BYTES:,} bytes.")
    check_variant(on_variant, variants)
    if off_variant is not None:
        check_variant(off_variant, variants)


def check_storable(*values: object) -> None:
    """Refuse what no JSON of the database can hold.

    Raises:
        WrongValue: A text holds NUL, or a number has no end.
    """
    for value in values:
        try:
            if "\\u0000" in json.dumps(value, allow_nan=False):
                raise WrongValue
        except ValueError:
            raise WrongValue from None


def check_variant(name: str | None, variants: Collection[str]) -> None:
    """Refuse a variant the flag does not have.

    Raises:
        UnknownVariant: It has none of that name.
    """
    if name not in variants:
        raise UnknownVariant(variant=str(name)[:MAX_NAME], known=", ".join(variants))


def check_share(share: object) -> None:
    """Refuse what is no share in thousandths of a percent.

    Raises:
        ShareOutOfRange: It is not a whole number from 0 to 100,000.
    """
    if not isinstance(share, int) or isinstance(share, bool) or not 0 <= share <= WHOLE:
        raise ShareOutOfRange


def check_whole(scope: str, settings: JSON) -> None:
    """Refuse to draw for a flag that is one for everybody: the product and a tester ask it about different targets.

    Raises:
        GlobalShare: Its percentage, or a rule's, is neither none nor all.
    """
    shares = [settings["percentage"], *(rule["serve"]["percentage"] for rule in settings["rules"])]
    if scope == Scope.GLOBAL and any(share not in (0, WHOLE) for share in shares):
        raise GlobalShare


def check_split(split: list[list[Any]], variants: Collection[str]) -> None:
    """Refuse a split that names other variants, one twice, or gives nobody anything.

    Raises:
        UnknownVariant: It names a variant that the flag does not have.
        WrongSplit: Its weights make no sense.
    """
    for variant, weight in split:
        check_variant(variant, variants)
        if not isinstance(weight, int) or isinstance(weight, bool) or weight < 0:
            raise WrongSplit(reason="A weight is a whole number, 0 or more.")
    if len({variant for variant, _ in split}) < len(split):
        raise WrongSplit(reason="It names a variant twice.")
    if split and not 0 < sum(weight for _, weight in split) <= MAX_WEIGHTS:
        raise WrongSplit(reason=f"The weights together have to be more than 0 and at most {MAX_WEIGHTS:,}.")


def check_settings(settings: JSON, variants: Collection[str], segments: Collection[str]) -> None:
    """Refuse settings that cannot be meant; prerequisites apart.

    Raises:
        ShareOutOfRange: A percentage is none.
        UnknownVariant: A variant is none of the flag's.
        WrongSplit: A split makes no sense.
        WrongRule: A rule cannot be used.
        UnknownSegment: A rule names a segment that does not exist.
    """
    check_share(settings["percentage"])
    check_split(settings["split"], variants)
    if len(settings["rules"]) > MAX_RULES:
        raise WrongRule(rule=str(MAX_RULES + 1), reason=f"A flag takes at most {MAX_RULES} rules.")
    for number, rule in enumerate(settings["rules"], 1):
        check_rule(rule, str(rule["name"] or number)[:MAX_NAME], variants, segments)
    ids = [rule["id"] for rule in settings["rules"]]
    if len(set(ids)) < len(ids):
        raise WrongRule(rule=str(len(ids)), reason="Two rules have the same id; leave it out for a new rule.")


def check_rule(rule: JSON, named: str, variants: Collection[str], segments: Collection[str]) -> None:
    """Refuse a rule that cannot be used.

    Raises:
        WrongRule: It serves nothing, or a condition makes no sense.
        UnknownSegment: It names a segment that does not exist.
        UnknownVariant: It serves a variant that the flag does not have.
        ShareOutOfRange: Its share is none.
    """
    if len(rule["conditions"]) > MAX_CONDITIONS:
        raise WrongRule(
            rule=named, reason=f"It has {len(rule['conditions']):,} conditions and may have {MAX_CONDITIONS}; "
            "one condition takes many values, and a segment many targets.",
        )  # fmt: skip
    for condition in conditions_from_json(rule["conditions"]):
        if fault := check_condition(condition):
            raise WrongRule(rule=named, reason=fault)
    for segment in rule["segments"]:
        if segment not in segments:
            raise UnknownSegment(segment=str(segment)[:MAX_NAME])
    serve = rule["serve"]
    check_share(serve["percentage"])
    if serve["split"]:
        check_split(serve["split"], variants)
    elif serve["variant"] is None:
        raise WrongRule(rule=named, reason="It serves nothing: name a variant or a split.")
    if serve["variant"] is not None:
        check_variant(serve["variant"], variants)


def check_targeting(flag: Flag) -> None:
    """Refuse imported targeting that cannot be read.

    Raises:
        WrongTargeting: It uses what does not exist, or is too large.
    """
    if flag.settings.targeting is None:
        return
    if len(json.dumps(flag.settings.targeting)) > MAX_BYTES or read_targeting(flag, {}) is None:
        raise WrongTargeting(
            reason=f"It uses an operation or a $ref that is not known, or is over {MAX_BYTES:,} bytes."
        )


def check_prerequisites(key: str, flags: Mapping[str, Flag]) -> None:
    """Refuse prerequisites of a flag that cannot be met, given all flags as they would be.

    Raises:
        UnknownPrerequisite: There is no such flag.
        UnknownVariant: The other flag has no such variant.
        PrerequisiteCycle: Flags would wait for each other.
        TooManyPrerequisites: It would take too long to answer.
    """
    wanted = flags[key].settings.prerequisites
    for one in wanted:
        if one.flag not in flags:
            raise UnknownPrerequisite(flag=one.flag[:MAX_NAME])
        for variant in one.variants:
            check_variant(variant, flags[one.flag].variants)
        if not one.variants:
            raise UnknownVariant(variant="", known=", ".join(flags[one.flag].variants))
    if cycle := find_cycle(flags):
        raise PrerequisiteCycle(path=" → ".join(cycle))
    costly = key if len(wanted) > MAX_PREREQUISITES else find_costly(flags)
    if costly:
        raise TooManyPrerequisites(flag=costly, most=MAX_PREREQUISITES, deep=MAX_EVALUATIONS)


def check_segment(conditions: list[Mapping[str, Any]], *lists: Collection[str]) -> None:
    """Refuse a segment that cannot be used.

    Raises:
        WrongSegment: A condition makes no sense, or there are too many.
    """
    if len(conditions) > MAX_CONDITIONS:
        raise WrongSegment(reason=f"It has {len(conditions):,} conditions and may have {MAX_CONDITIONS}.")
    for condition in conditions_from_json(conditions):
        if fault := check_condition(condition):
            raise WrongSegment(reason=fault)
    for names in lists:
        check_targets(names)


def check_targets(targets: Collection[str]) -> list[str]:
    """Return targets without spaces around them and each once, in their order.

    Raises:
        ListTooLong: There are more than a list may hold.
        WrongTarget: One is empty, too long or no text.
    """
    if len(targets) > MAX_LIST:
        raise ListTooLong(count=len(targets), most=MAX_LIST)
    found = [target.strip() for target in targets]
    for number, target in enumerate(found, 1):
        if not 0 < len(target) <= MAX_TARGET or "\x00" in target or not _is_text(target):
            raise WrongTarget(number=number)
    return list(dict.fromkeys(found))


def _is_text(target: str) -> bool:
    try:
        target.encode()
    except UnicodeEncodeError:  # a lone surrogate, which the database cannot keep
        return False
    return True
