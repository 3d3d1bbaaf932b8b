"""What a flagd document may hold: the rules of its published schemas (flagd-schemas 0.2, flags.json and flagd.json)."""

import re
from collections import Counter
from typing import Any

from app.flags.engine.model import KEY_PATTERN, FlagType
from app.flags.flagd.faults import Fault, below, kind_of
from app.flags.flagd.storable import check_storable
from app.flags.flagd.targeting_schema import check_targeting

MAX_FLAGS = 10_000
STATES = ("ENABLED", "DISABLED")
FIELDS = ("key", "state", "variants", "defaultVariant", "targeting", "metadata")
_KEY = re.compile(KEY_PATTERN)


def check_document(document: Any, *, lists: bool = True) -> list[Fault]:
    """Return everything that is wrong with a flagd document.

    Args:
        document: The parsed JSON.
        lists: Whether `flags` may be a list of flags with keys, as the daemon's own files may have it.
    """
    odd = check_storable(document)
    if odd:
        return odd
    if not isinstance(document, dict):
        return [Fault("", f"A flagd document is an object with “flags”, not {kind_of(document)}.")]
    faults = check_metadata(document.get("metadata"), "/metadata") + _check_evaluators(document)
    flags = document.get("flags")
    if isinstance(flags, dict):
        named = [(key, flag, below("/flags", key)) for key, flag in flags.items()]
    elif isinstance(flags, list) and lists:
        named = [(key_of(flag), flag, below("/flags", at)) for at, flag in enumerate(flags)]
        times = Counter(str(key) for key, _, _ in named)
        faults += [Fault(path, f"{key!r} stands in the list twice.") for key, _, path in named if times[str(key)] > 1]
    else:
        return [*faults, Fault("/flags", f"“flags” is an object of key and flag, not {kind_of(flags)}.")]
    if len(named) > MAX_FLAGS:
        return [*faults, Fault("/flags", f"At most {MAX_FLAGS:,} flags can be read at once.")]
    for key, flag, path in named:
        faults += check_flag(key, flag, path)
    return faults


def key_of(flag: Any) -> Any:
    """Return the key of a flag in a list."""
    return flag.get("key") if isinstance(flag, dict) else None


def check_flag(key: Any, flag: Any, path: str) -> list[Fault]:
    """Return everything that is wrong with one flag."""
    if not isinstance(flag, dict):
        return [Fault(path, f"A flag is an object, not {kind_of(flag)}.")]
    faults = []
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        faults.append(
            Fault(path, "A key has 1 to 100 letters, digits, “.”, “_” or “-” and begins with a letter or digit.")
        )
    if flag.get("state") not in STATES:
        faults.append(Fault(below(path, "state"), "“state” is ENABLED or DISABLED."))
    faults += _check_variants(flag, path) + check_metadata(flag.get("metadata"), below(path, "metadata"))
    if "targeting" in flag:
        faults += check_targeting(flag["targeting"], below(path, "targeting"))
    return faults


def type_of(variants: dict[str, Any]) -> FlagType | None:
    """Return the type that all variants have; None when they differ or have none that flagd knows."""
    types = {_value_type(value) for value in variants.values()}
    return types.pop() if len(types) == 1 else None


def _value_type(value: Any) -> FlagType | None:
    known = {
        bool: FlagType.BOOLEAN,
        str: FlagType.STRING,
        int: FlagType.NUMBER,
        float: FlagType.NUMBER,
        dict: FlagType.OBJECT,
    }
    return known.get(type(value))


def _check_variants(flag: dict[str, Any], path: str) -> list[Fault]:
    variants, default = flag.get("variants"), flag.get("defaultVariant")
    place = below(path, "variants")
    if not isinstance(variants, dict) or not variants:
        return [Fault(place, "“variants” is an object with at least one variant.")]
    faults = []
    if "" in variants:
        faults.append(Fault(place, "A variant needs a name."))
    if type_of(variants) is None:
        faults.append(Fault(place, "All variants are true or false, all texts, all numbers or all objects."))
    if default is not None and not isinstance(default, str):
        faults.append(Fault(below(path, "defaultVariant"), "“defaultVariant” is the name of a variant, or null."))
    elif default and default not in variants:
        faults.append(Fault(below(path, "defaultVariant"), f"There is no variant {default!r}; name one, or use null."))
    return faults


def check_metadata(metadata: Any, path: str) -> list[Fault]:
    """Return what is wrong with the metadata of a flag or of a set."""
    if metadata is None:
        return []
    if not isinstance(metadata, dict):
        return [Fault(path, f"“metadata” is an object, not {kind_of(metadata)}.")]
    return [
        Fault(below(path, key), f"Metadata is text, a number, true or false, not {kind_of(value)}.")
        for key, value in metadata.items()
        if not isinstance(value, str | int | float)
    ] + [
        Fault(below(path, key), f"“{key}” is text.")
        for key in ("flagSetId", "version")
        if path == "/metadata" and not isinstance(metadata.get(key, ""), str)
    ]


def _check_evaluators(document: dict[str, Any]) -> list[Fault]:
    evaluators = document.get("$evaluators")
    if evaluators is None:
        return []
    if not isinstance(evaluators, dict) or "" in evaluators:
        return [Fault("/$evaluators", "“$evaluators” is an object of name and rule.")]
    return [fault for name, rule in evaluators.items() for fault in check_targeting(rule, below("/$evaluators", name))]
