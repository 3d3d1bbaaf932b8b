"""A flagd document as flags of the product's own kind.

What flagd says is kept, not translated: targeting stays JsonLogic, and the flag remembers which of flagd's three
draws its source makes, so that nobody changes side. Three readings are worth knowing:

- A flag without targeting gives its default variant to everybody: 100 % of it, and no off variant, because
  flagd's DISABLED means the caller's own default.
- A flag with targeting gives its default variant where targeting names none. That is its off variant, so
  disabling it gives that value rather than the caller's own.
- The shared rules that a flag uses travel with it, inside its targeting.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.flags.engine.jsonlogic import Compiler, LogicError
from app.flags.engine.model import WHOLE, Algorithm, Scope
from app.flags.engine.targeting import EVALUATORS
from app.flags.flagd.faults import Fault, FlagdError, below
from app.flags.flagd.schema import FIELDS, check_document, key_of, type_of

FLAGD_ALGORITHMS = (Algorithm.FLAGD_V1, Algorithm.FLAGD_V2, Algorithm.FLAGD_V3)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a document holds.

    Attributes:
        flags: The fields of each flag as the product keeps them, `settings` in the form of
            `model.settings_from_json`.
        metadata: Of the whole set.
        notes: What the product has no place for, in sentences.
    """

    flags: list[dict[str, Any]]
    metadata: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def read_document(document: Any, algorithm: Algorithm = Algorithm.FLAGD_V2) -> Reading:
    """Read a flagd document.

    Args:
        document: The parsed JSON.
        algorithm: How the evaluator that it was written for draws: the flagd daemon as v2, Python's
            openfeature-flagd-core from 2.0 as v3, flagd before 2026 as v1.

    Raises:
        FlagdError: With everything that is wrong, and where.
    """
    if algorithm not in FLAGD_ALGORITHMS:
        raise FlagdError([Fault("", f"flagd draws by {', '.join(FLAGD_ALGORITHMS)}, not by {algorithm}.")])
    faults = check_document(document)
    if faults:
        raise FlagdError(faults)
    evaluators = document.get(EVALUATORS) or {}
    flags, notes = [], []
    for at, (key, body) in enumerate(_named(document["flags"])):
        path = below("/flags", key if isinstance(document["flags"], dict) else at)
        flags.append(build_flag(key, body, evaluators, algorithm))
        faults += _check_logic(key, body.get("targeting"), evaluators, algorithm, path)
        notes += [f"“{key}”: “{name}” is not kept." for name in body if name not in FIELDS]
    if faults:
        raise FlagdError(faults)
    return Reading(flags, dict(document.get("metadata") or {}), notes)


def build_flag(
    key: str, body: Mapping[str, Any], evaluators: Mapping[str, Any], algorithm: Algorithm
) -> dict[str, Any]:
    """Return one flag's fields; the body has been checked."""
    variants, default = body["variants"], body.get("defaultVariant") or None
    targeting = body.get("targeting") or None
    kind = type_of(variants)
    return {
        "key": key,
        "type": str(kind or ""),
        "variants": dict(variants),
        "on_variant": _on_variant(variants, default, targeted=bool(targeting)),
        "off_variant": default if targeting else None,
        "scope": str(Scope.USER),
        "salt": key,
        "algorithm": str(algorithm),
        "metadata": dict(body.get("metadata") or {}),
        "settings": {
            "enabled": body["state"] == "ENABLED",
            "percentage": WHOLE if default and not targeting else 0,
            "targeting": {**targeting, **_used(targeting, evaluators)} if targeting else None,
        },
    }


def find_references(rule: Any) -> set[str]:
    """Return the names of the shared rules that a rule uses itself."""
    if isinstance(rule, list):
        return {name for item in rule for name in find_references(item)}
    if not isinstance(rule, dict):
        return set()
    if len(rule) == 1 and isinstance(rule.get("$ref"), str):
        return {rule["$ref"]}
    return {name for item in rule.values() for name in find_references(item)}


def _used(targeting: Mapping[str, Any], evaluators: Mapping[str, Any]) -> dict[str, Any]:
    """Return the shared rules that a targeting uses, also through others, under their field."""
    used: dict[str, Any] = {}
    wanted = find_references(dict(targeting))
    while wanted:
        name = wanted.pop()
        if name in evaluators and name not in used:
            used[name] = evaluators[name]
            wanted |= find_references(evaluators[name])
    return {EVALUATORS: used} if used else {}


def _on_variant(variants: Mapping[str, Any], default: str | None, *, targeted: bool) -> str:
    if default and not targeted:
        return default
    true = [name for name, value in variants.items() if value is True]
    others = [name for name in variants if name != default]
    return next(iter([*true, *others, *variants]))


def _check_logic(
    key: str, targeting: Any, evaluators: Mapping[str, Any], algorithm: Algorithm, path: str
) -> list[Fault]:
    try:
        Compiler(key, algorithm, evaluators).compile(targeting)
    except LogicError as error:
        return [Fault(below(path, "targeting"), str(error))]
    return []


def _named(flags: Any) -> list[tuple[str, Mapping[str, Any]]]:
    if isinstance(flags, dict):
        return list(flags.items())
    return [(key_of(flag), flag) for flag in flags]
