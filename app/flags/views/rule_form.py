"""Rules as a form that needs no script: every rule with spare rows, and one empty rule at the end.

Fields are `rule-<n>-…`; a condition is `rule-<n>-<m>-attribute`, `-operator`, `-values`. Rows left empty count
for nothing, so taking one out is emptying it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from werkzeug.datastructures import MultiDict

from app.core.errors import InvalidInput
from app.core.ids import new_ulid
from app.flags.engine.conditions import MAX_CONDITIONS, MAX_RULES
from app.flags.engine.model import WHOLE
from app.flags.engine.operators import OPERATORS
from app.flags.views.wording import percent_value, read_percent, read_values, value_text

SPARE_CONDITIONS = 2
NOT = "not:"
SPLIT = "(split)"
JSON = dict[str, Any]
Form = MultiDict[str, str]


@dataclass
class ConditionFields:
    """One comparison as it is typed."""

    attribute: str = ""
    operator: str = "equals"
    values_text: str = ""


@dataclass
class RuleFields:
    """One rule as it is typed."""

    id: str = ""
    name: str = ""
    segments: list[str] = field(default_factory=list)
    conditions: list[ConditionFields] = field(default_factory=list)
    serve: str = ""
    split: str = ""
    percentage: str = "100"
    place: str = ""
    is_new: bool = False


def operators() -> list[tuple[str, str]]:
    """Return every comparison and its opposite, as a select offers them."""
    plain = [(name, _label(name, operator.says)) for name, operator in OPERATORS.items()]
    turned = [(NOT + name, _label(name, operator.says_not)) for name, operator in OPERATORS.items()]
    return [*plain, *turned]


def rule_fields(rules: list[JSON], on_variant: str) -> list[RuleFields]:
    """Return the rules of a flag as fields, each with spare rows, and an empty one."""
    fields = [_fields_of(rule, number) for number, rule in enumerate(rules, 1)]
    if len(fields) < MAX_RULES:
        spare = [ConditionFields() for _ in range(SPARE_CONDITIONS)]
        fields.append(
            RuleFields(conditions=spare, serve=on_variant, place=str(len(fields) + 1), is_new=True),
        )
    return fields


def condition_fields(conditions: list[JSON]) -> list[ConditionFields]:
    """Return conditions as fields, with spare rows."""
    fields = [
        ConditionFields(
            one["attribute"], f"{NOT if one.get('negate') else ''}{one['operator']}",
            ", ".join(value_text(value) for value in one.get("values") or []),
        )
        for one in conditions
    ]  # fmt: skip
    return [*fields, *(ConditionFields() for _ in range(min(SPARE_CONDITIONS, MAX_CONDITIONS - len(fields))))]


def typed_rules(form: Form) -> list[RuleFields]:
    """Return the rules as they were typed, to show them again."""
    found = []
    for n in range(MAX_RULES + 1):
        prefix = f"rule-{n}"
        if f"{prefix}-serve" not in form:
            break
        rule_id = form.get(f"{prefix}-id", "")
        found.append(
            RuleFields(
                rule_id, form.get(f"{prefix}-name", "").strip(), form.getlist(f"{prefix}-segments"),
                typed_conditions(form, prefix), form[f"{prefix}-serve"], form.get(f"{prefix}-split", "").strip(),
                form.get(f"{prefix}-percentage", "").strip(), form.get(f"{prefix}-place", "").strip(), not rule_id,
            )
        )  # fmt: skip
    return found


def typed_conditions(form: Form, prefix: str) -> list[ConditionFields]:
    """Return the conditions under a prefix as they were typed, empty rows too."""
    found = []
    for m in range(MAX_CONDITIONS + SPARE_CONDITIONS):
        row = f"{prefix}-{m}"
        if f"{row}-attribute" not in form:
            break
        fields = (form[f"{row}-attribute"].strip(), form.get(f"{row}-operator", ""), form.get(f"{row}-values", ""))
        found.append(ConditionFields(*fields))
    return found


def read_rules(form: Form) -> list[JSON]:
    """Return the rules that were meant, in the order of their places.

    Raises:
        InvalidInput: A share or a split cannot be read; what rules may hold is the service's matter.
    """
    meant: list[tuple[float, int, JSON]] = []
    for n, typed in enumerate(typed_rules(form)):
        conditions = read_conditions(typed.conditions)
        is_empty = typed.is_new and not (typed.name or typed.segments or conditions)
        if is_empty or form.get(f"rule-{n}-remove"):
            continue
        serve: JSON = {"variant": None, "split": [], "percentage": _read_share(typed.percentage, n)}
        if typed.serve == SPLIT:
            serve["split"] = read_split(typed.split, f"rule-{n}-split")
        else:
            serve["variant"] = typed.serve
        rule = {
            "id": typed.id or new_ulid().lower(), "name": typed.name, "conditions": conditions,
            "segments": typed.segments, "serve": serve,
        }  # fmt: skip
        place = float(typed.place) if typed.place.isdecimal() else n + 1.0
        meant.append((place, n, rule))
    return [rule for _, _, rule in sorted(meant, key=lambda one: one[:2])]


def read_conditions(typed: list[ConditionFields]) -> list[JSON]:
    """Return the conditions that were meant; a row without an attribute is none."""
    return [
        {
            "attribute": one.attribute, "operator": one.operator.removeprefix(NOT),
            "values": read_values(one.values_text), "negate": one.operator.startswith(NOT),
        }
        for one in typed if one.attribute
    ]  # fmt: skip


def read_split(text: str, field_name: str) -> list[list[Any]]:
    """Return `blue 50, green 50` as pairs.

    Raises:
        InvalidInput: A part is no name and whole weight.
    """
    pairs: list[list[Any]] = []
    for part in text.split(","):
        name, _, weight = part.strip().rpartition(" ")
        if not name or not weight.isdecimal():
            message = "Write each variant and its weight: blue 50, green 50."
            raise InvalidInput(errors=[{"field": field_name, "message": message}])
        pairs.append([name.strip(), int(weight)])
    return pairs


def _fields_of(rule: Mapping[str, Any], number: int) -> RuleFields:
    serve = rule["serve"]
    split = serve.get("split") or []
    return RuleFields(
        rule["id"], rule.get("name", ""), list(rule.get("segments") or []),
        condition_fields(rule.get("conditions") or []), SPLIT if split else serve.get("variant") or "",
        ", ".join(f"{variant} {weight}" for variant, weight in split),
        percent_value(serve.get("percentage", WHOLE)), str(number),
    )  # fmt: skip


def _read_share(text: str, n: int) -> int:
    return read_percent(text, f"rule-{n}-percentage") if text else WHOLE


def _label(name: str, says: str) -> str:
    """Return what a comparison says; versions and numbers are told apart by a word."""
    kind = {"semver": "version: ", "before": "instant: ", "after": "instant: "}
    return kind.get(name.split("_", maxsplit=1)[0], "") + says
