"""The fields of the editor: as they are kept, as they were typed, and what they mean."""

from dataclasses import dataclass, field
from typing import Any

from flask import request

from app.core.errors import InvalidInput, Problem
from app.flags.engine.prerequisites import MAX_PREREQUISITES
from app.flags.problems import WrongRule
from app.flags.reads import FlagDetail
from app.flags.views.rule_form import rule_fields, typed_rules
from app.flags.views.sheet import Sheet
from app.flags.views.wording import percent_value

SPARE_NEEDS = 2
JSON = dict[str, Any]


@dataclass
class Values:
    """The editor's fields as they are kept, or as they were typed."""

    percentage: str
    weights: dict[str, str]
    rules: list[Any]
    needs: list[dict[str, str]]
    reason: str = ""
    errors: dict[str, str] = field(default_factory=dict)


def values_of(one: FlagDetail) -> Values:
    """Return the fields as they are kept."""
    weights = {name: str(weight) for name, weight in one.kept.get("split") or []}
    needs = [
        {"flag": need["flag"], "variants": ", ".join(need["variants"])} for need in one.kept.get("prerequisites") or []
    ]
    spare = [{"flag": "", "variants": "on"} for _ in range(min(SPARE_NEEDS, MAX_PREREQUISITES - len(needs)))]
    return Values(
        percent_value(one.percentage),
        {name: weights.get(name, "") for name in one.variants},
        rule_fields(list(one.kept.get("rules") or []), one.on_variant),
        needs + spare,
    )


def put_typed(values: Values, problem: Problem) -> None:
    """Show again what was typed into the form that was refused; the others stay as they are kept."""
    form, act = request.form, (request.url_rule.rule.rpartition("/")[2] if request.url_rule else "")
    values.reason = form.get("reason", "")
    if act == "percentage":
        values.percentage = form.get("percentage", "")
    elif act == "split":
        values.weights = {name: form.get(f"weight-{name}", "") for name in values.weights}
    elif act == "rules":
        values.rules = typed_rules(form)
    elif act == "prerequisites":
        values.needs = [{"flag": flag, "variants": variants} for flag, variants in _typed_needs()]
    if isinstance(problem, InvalidInput):
        values.errors = {one["field"]: one["message"] for one in problem.errors}
        return
    place = {"percentage": "percentage", "split": f"weight-{next(iter(values.weights), '')}"}.get(act, f"{act[:4]}-0")
    if isinstance(problem, WrongRule):
        number = _number_of(problem.rule, values.rules)
        place = f"rule-{number}-0"
    elif act == "rules":
        place = "rule-0-serve"
    elif act == "prerequisites":
        place = "need-0-flag"
    values.errors = {place: problem.sentence}


def read_weights(sheet: Sheet) -> JSON:
    """Return the split that was typed, as one weight a variant.

    Raises:
        InvalidInput: One is no weight.
    """
    pairs, errors = [], []
    for name in sheet.one.variants:
        text = request.form.get(f"weight-{name}", "").strip()
        if text and not (text.isdecimal() and text.isascii()):
            errors.append({"field": f"weight-{name}", "message": "A weight is a whole number, 0 or more."})
        elif text:
            pairs.append([name, int(text)])
    if errors:
        raise InvalidInput(errors=errors)
    return {"split": pairs}


def read_needs(_: Sheet) -> JSON:
    """Return the prerequisites that were typed."""
    needs = [
        {"flag": flag, "variants": [part.strip() for part in variants.split(",") if part.strip()]}
        for flag, variants in _typed_needs()
        if flag
    ]
    return {"prerequisites": needs}


def _number_of(named: str, rules: list[Any]) -> int:
    """Return which rule of the form a refusal means: it names a rule, or counts from 1."""
    by_name = next((n for n, rule in enumerate(rules) if rule.name == named), None)
    return by_name if by_name is not None else max(int(named) - 1, 0) if named.isdecimal() else 0


def _typed_needs() -> list[tuple[str, str]]:
    form = request.form
    found: list[tuple[str, str]] = []
    while (n := f"need-{len(found)}") and f"{n}-flag" in form and len(found) <= MAX_PREREQUISITES:
        found.append((form[f"{n}-flag"], form.get(f"{n}-variants", "")))
    return found
