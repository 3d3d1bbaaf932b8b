"""Settings in the one form they are kept, compared and shown in; see engine/model.py for what they say."""

import json
from collections.abc import Mapping
from typing import Any

from app.flags.engine.model import WHOLE
from app.flags.reads.detail import percent_of

JSON = dict[str, Any]
DEFAULTS: JSON = {
    "enabled": False, "percentage": 0, "split": [], "rules": [], "prerequisites": [], "targeting": None,
}  # fmt: skip


def normal_settings(kept: Mapping[str, Any] | None) -> JSON:
    """Return the settings with every field there, so that two of them can be compared field by field."""
    found = {name: (kept or {}).get(name, default) for name, default in DEFAULTS.items()}
    return {
        **found,
        "split": normal_split(found["split"]),
        "rules": [normal_rule(rule) for rule in found["rules"] or []],
        "prerequisites": [
            {"flag": one["flag"], "variants": list(one["variants"])} for one in found["prerequisites"] or []
        ],
        "targeting": found["targeting"] or None,
    }


def normal_rule(rule: Mapping[str, Any]) -> JSON:
    """Return a rule with every field there."""
    serve = rule["serve"]
    return {
        "id": rule["id"],
        "name": rule.get("name", ""),
        "conditions": [normal_condition(one) for one in rule.get("conditions") or []],
        "segments": list(rule.get("segments") or []),
        "serve": {
            "variant": serve.get("variant"),
            "split": normal_split(serve.get("split")),
            "percentage": serve.get("percentage", WHOLE),
        },
    }


def normal_condition(one: Mapping[str, Any]) -> JSON:
    """Return a condition with every field there."""
    return {
        "attribute": one["attribute"],
        "operator": one["operator"],
        "values": list(one.get("values") or []),
        "negate": bool(one.get("negate", False)),
    }


def normal_split(split: list[Any] | None) -> list[list[Any]]:
    """Return (variant, weight) pairs as JSON keeps them."""
    return [[variant, weight] for variant, weight in split or []]


def changes_between(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Return field → [before, after] of what differs; true is not 1 here."""
    return {
        name: [before.get(name), value]
        for name, value in after.items()
        if _text(before.get(name)) != _text(value) and (before.get(name) != value or _has_bool(before.get(name), value))
    }


def _text(value: Any) -> str:  # Any: a field of the settings
    """Return a value so that true is not 1, and the order of keys, which the database changes, says nothing."""
    return json.dumps(value, sort_keys=True)


def _has_bool(*values: Any) -> bool:
    return any("True" in repr(value) or "False" in repr(value) for value in values)


def outside(name: str, value: Any) -> Any:  # Any: a field of the settings
    """Return a field as the API writes it: shares as percent, splits as objects."""
    if value is None:
        return None
    if name == "percentage":
        return percent_of(value)
    if name == "split":
        return [{"variant": variant, "weight": weight} for variant, weight in value]
    if name == "rules":
        return [
            {**rule, "serve": {part: outside(part, given) for part, given in rule["serve"].items()}} for rule in value
        ]
    return value


def outside_changes(changes: Mapping[str, Any]) -> JSON:
    """Return field → [before, after] as the API writes it."""
    return {name: [outside(name, before), outside(name, after)] for name, (before, after) in changes.items()}
