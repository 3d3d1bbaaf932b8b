"""What flagd's targeting may hold: the rules of its published schema (flagd-schemas 0.2, targeting.json).

Wider than the schema in two places, where every evaluator agrees: `?:` is `if`, and a `$ref` may stand
wherever a rule may.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from app.flags.engine.jsonlogic import MAX_DEPTH
from app.flags.flagd.faults import Fault, below, kind_of

_VERSION = re.compile(
    r"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)"
    r"(-(0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)(\.(0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*))*)?"
    r"(\+[0-9a-zA-Z-]+(\.[0-9a-zA-Z-]+)*)?"
)
_VERSION_OPERATORS = ("=", "!=", ">", "<", ">=", "<=", "~", "^")
_INJECTED = ("$flagd.timestamp", "$flagd.flagKey")
# Operation → fewest and most arguments; None for any number.
_COUNTS: Mapping[str, tuple[int, int | None]] = (
    dict.fromkeys(("substr", "<", "<="), (2, 3))
    | dict.fromkeys(("==", "===", "!=", "!==", ">", ">=", "%", "/", "in"), (2, 2))
    | dict.fromkeys(("map", "filter", "all", "none", "some"), (2, 2))
    | dict.fromkeys(("if", "?:", "or", "and", "+", "-", "max", "min", "merge", "cat"), (1, None))
    | {"reduce": (3, 3), "*": (2, None)}
)
Check = Callable[[Any, str, int], list[Fault]]


def check_targeting(targeting: Any, path: str) -> list[Fault]:
    """Return what is wrong with a flag's targeting or a shared rule; an empty object is a targeting too."""
    if not isinstance(targeting, dict):
        return [Fault(path, f"Targeting is an object, not {kind_of(targeting)}.")]
    return _check_rule(targeting, path, 0)


def _check_argument(value: Any, path: str, depth: int) -> list[Fault]:
    if depth > MAX_DEPTH:
        return [Fault(path, f"Rules may be nested {MAX_DEPTH} deep.")]
    if isinstance(value, list):
        return [fault for at, item in enumerate(value) for fault in _check_argument(item, below(path, at), depth + 1)]
    return _check_rule(value, path, depth) if isinstance(value, dict) else []


def _check_rule(rule: dict[str, Any], path: str, depth: int) -> list[Fault]:
    if not rule:
        return []
    if len(rule) > 1:
        return [Fault(path, f"A rule is one operation; put {' and '.join(map(repr, rule))} into an “and” or an “if”.")]
    ((name, given),) = rule.items()
    if name in _COUNTS:
        return _check_counted(name, given, below(path, name), depth)
    if name not in _SPECIAL:
        return [Fault(below(path, name), f"There is no operation {name!r}.")]
    return _SPECIAL[name](given, below(path, name), depth)


def _check_counted(name: str, given: Any, path: str, depth: int) -> list[Fault]:
    least, most = _COUNTS[name]
    if not isinstance(given, list) or len(given) < least or (most is not None and len(given) > most):
        wanted = f"{least} to {most}" if most not in (None, least) else f"{least}" + ("" if most else " or more")
        return [Fault(path, f"“{name}” takes a list of {wanted} arguments.")]
    return _check_argument(given, path, depth)


def _check_var(given: Any, path: str, depth: int) -> list[Fault]:
    if isinstance(given, str) and given.startswith("$flagd.") and given not in _INJECTED:
        return [Fault(path, f"flagd knows {' and '.join(_INJECTED)}, not {given!r}.")]
    if isinstance(given, list):
        fits = bool(given) and isinstance(given[0], str)
        if not fits or any(isinstance(default, list | dict) for default in given[1:]):
            return [Fault(path, "“var” takes a name, or a list of a name and a plain default.")]
    return _check_rule(given, path, depth) if isinstance(given, dict) else []


def _check_missing(given: Any, path: str, depth: int) -> list[Fault]:
    if not isinstance(given, list) or not all(isinstance(name, str) for name in given):
        return [Fault(path, "“missing” takes a list of names.")]
    return []


def _check_missing_some(given: Any, path: str, depth: int) -> list[Fault]:
    match given:
        case [int() | float() as needed, list() as names] if not isinstance(needed, bool):
            return _check_missing(names, below(path, 1), depth)
    return [Fault(path, "“missing_some” takes how many are needed and a list of names.")]


def _check_texts(given: Any, path: str, depth: int) -> list[Fault]:
    if not isinstance(given, list) or len(given) != 2 or not all(isinstance(part, str | dict) for part in given):  # noqa: PLR2004
        return [Fault(path, "This takes a list of two texts, or rules that give texts.")]
    return _check_argument(given, path, depth)


def _check_sem_ver(given: Any, path: str, depth: int) -> list[Fault]:
    if not isinstance(given, list) or len(given) != 3:  # noqa: PLR2004 — version, operator, version
        return [Fault(path, "“sem_ver” takes a version, an operator and a version.")]
    faults = []
    for at in (0, 2):
        value = given[at]
        text = isinstance(value, str) and _VERSION.fullmatch(value)
        if not text and not (isinstance(value, dict) and set(value) in ({"var"}, {"$ref"})):
            faults.append(Fault(below(path, at), "Use a version such as 2.0.0, or a “var”."))
    if given[1] not in _VERSION_OPERATORS:
        faults.append(Fault(below(path, 1), f"Use one of {' '.join(_VERSION_OPERATORS)}."))
    return faults + _check_argument(given, path, depth)


def _check_fractional(given: Any, path: str, depth: int) -> list[Fault]:
    if not isinstance(given, list) or not given:
        return [Fault(path, "“fractional” takes a list: perhaps what to draw by, then [variant, weight] for each.")]
    faults: list[Fault] = []
    first = 0
    if not isinstance(given[0], list):
        first = 1
        if not isinstance(given[0], dict):
            faults.append(Fault(below(path, 0), 'Draw by a rule such as {"var": "email"}, or leave it out.'))
        else:
            faults += _check_argument(given[0], below(path, 0), depth + 1)
    for at, share in enumerate(given[first:], first):
        faults += _check_share(share, below(path, at), depth + 1)
    return faults


def _check_share(share: Any, path: str, depth: int) -> list[Fault]:
    if not isinstance(share, list) or not 1 <= len(share) <= 2:  # noqa: PLR2004 — a pair at most
        return [Fault(path, "A share is [variant] or [variant, weight].")]
    faults = _check_argument(share, path, depth)
    weight = share[1] if len(share) > 1 else 1
    whole = isinstance(weight, int | float) and not isinstance(weight, bool) and weight == weight // 1
    if not isinstance(weight, dict) and not (whole and weight >= 0):
        faults.append(Fault(below(path, 1), "A weight is a whole number from 0, or a rule that gives one."))
    return faults


def _check_reference(given: Any, path: str, depth: int) -> list[Fault]:
    return [] if isinstance(given, str) else [Fault(path, "“$ref” takes the name of a rule in $evaluators.")]


_SPECIAL: dict[str, Check] = {
    "var": _check_var,
    "missing": _check_missing,
    "missing_some": _check_missing_some,
    "!": _check_argument,
    "!!": _check_argument,
    "starts_with": _check_texts,
    "ends_with": _check_texts,
    "sem_ver": _check_sem_ver,
    "fractional": _check_fractional,
    "$ref": _check_reference,
}
