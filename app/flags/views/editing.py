"""The editor: share, split, rules and prerequisites of a flag in one environment, each saved by itself."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask import Response, request

from app.core.access import allow
from app.core.db import transaction
from app.core.errors import InvalidInput, Problem
from app.core.idempotency import once
from app.core.outbox import savepoint
from app.core.web import page
from app.flags import reads, service
from app.flags.engine.prerequisites import MAX_PREREQUISITES
from app.flags.problems import FlagChanged, WrongRule
from app.flags.reads import FlagDetail
from app.flags.views.acts import said
from app.flags.views.asking import (
    ask_about,
    change_of,
    must_ask,
    sent_reason,
    sent_version,
    show_conflict,
    with_kept,
)
from app.flags.views.blueprint import bp
from app.flags.views.places import Place, place_asked
from app.flags.views.reach import Reach
from app.flags.views.rule_form import SPLIT, operators, read_rules, rule_fields, typed_rules
from app.flags.views.sheet import Sheet, draw_bar, sheet_of
from app.flags.views.steps import split_text
from app.flags.views.wording import percent_text, percent_value, read_percent

SPARE_NEEDS = 2
UNPROCESSABLE = 422
JSON = dict[str, Any]
Save = Callable[..., FlagDetail]


@dataclass
class Values:
    """The editor's fields as they are kept, or as they were typed."""

    percentage: str
    weights: dict[str, str]
    rules: list[Any]
    needs: list[dict[str, str]]
    reason: str = ""
    errors: dict[str, str] = field(default_factory=dict)


@bp.get("/<string:key>/edit")
@allow("flags:write", installation=True)
def edit_flag(key: str) -> Response:
    """Show the editor."""
    return _show(sheet_of(key, place_asked()))


@bp.post("/<string:key>/percentage")
@allow("flags:write", installation=True)
@once
def update_percentage(key: str) -> Response:
    """Set the share; more of it in production only after showing who comes in."""

    def read(_: Sheet) -> JSON:
        return {"percentage": read_percent(request.form.get("percentage", ""))}

    return _change(key, "percentage", read, service.set_percentage, _say_share)


@bp.post("/<string:key>/split")
@allow("flags:write", installation=True)
@once
def update_split(key: str) -> Response:
    """Set how those inside are divided; no weight at all ends the split."""
    return _change(
        key, "split", _read_split, service.set_split, lambda wanted: f"Split {split_text(wanted) or 'ended'}"
    )


@bp.post("/<string:key>/rules")
@allow("flags:write", installation=True)
@once
def update_rules(key: str) -> Response:
    """Set the rules."""
    return _change(key, "rules", lambda _: {"rules": read_rules(request.form)}, service.set_rules, _say_rules)


@bp.post("/<string:key>/prerequisites")
@allow("flags:write", installation=True)
@once
def update_prerequisites(key: str) -> Response:
    """Set the flags this one waits for."""
    return _change(key, "prerequisites", _read_needs, service.set_prerequisites, lambda _: "Change the prerequisites")


def _change(key: str, name: str, read: Callable[[Sheet], JSON], save: Save, say: Callable[[Any], str]) -> Response:
    """Check, ask when more are let in, save, and offer to undo; whatever is wrong stands beside its field."""
    place = place_asked()
    sheet = sheet_of(key, place)
    try:
        fields = read(sheet)
        with transaction(), savepoint():
            # Saved first, so that what cannot be meant is refused before anybody is asked about it.
            one = save(
                key, fields[name], environment=place.environment, reason=sent_reason(), version=sent_version()
            )  # fmt: skip
            wanted = with_kept(sheet.setup, fields, sheet.one.kept)
            change = change_of(sheet, wanted)
            if must_ask(sheet, wanted, change):
                raise _AskFirst
    except _AskFirst:
        yes = say(fields[name])
        return ask_about(sheet, wanted, change, question=f"{yes} for {key} in {place.environment}?", yes=yes)
    except FlagChanged as problem:
        return show_conflict(sheet_of(key, place), problem, place.of("edit_flag", key=key))
    except Problem as problem:
        return _show(sheet, problem)
    return said(sheet.one, one, _saved(key, name, place), place.of("show_flag", key=key))


class _AskFirst(Exception):
    """More would be let in, and nobody said yes yet."""


def _show(sheet: Sheet, problem: Problem | None = None) -> Response:
    """Show the editor, after a refusal with what was typed and what was wrong."""
    one = sheet.one
    values = _values(one)
    if problem is not None:
        _put_typed(values, problem)
    others = [(key, key) for key in sheet.table.snapshot.flags if key != one.key]
    serve = [(name, f"variant {name}") for name in one.variants] + [(SPLIT, "a split")]
    return page(
        "flags/edit.html", status=problem.status if problem else 200, values=values, errors=values.errors,
        operators=operators(), segments=[segment.key for segment in reads.list_segments()], other_flags=others,
        serve_options=serve, draw=draw_bar(sheet.setup, Reach(sheet.setup.scope), None),
        **sheet.frame("edit_flag"),
    )  # fmt: skip


def _values(one: FlagDetail) -> Values:
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


def _put_typed(values: Values, problem: Problem) -> None:
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


def _number_of(named: str, rules: list[Any]) -> int:
    """Return which rule of the form a refusal means: it names a rule, or counts from 1."""
    by_name = next((n for n, rule in enumerate(rules) if rule.name == named), None)
    return by_name if by_name is not None else max(int(named) - 1, 0) if named.isdecimal() else 0


def _read_split(sheet: Sheet) -> JSON:
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


def _typed_needs() -> list[tuple[str, str]]:
    form = request.form
    found: list[tuple[str, str]] = []
    while (n := f"need-{len(found)}") and f"{n}-flag" in form and len(found) <= MAX_PREREQUISITES:
        found.append((form[f"{n}-flag"], form.get(f"{n}-variants", "")))
    return found


def _read_needs(_: Sheet) -> JSON:
    needs = [
        {"flag": flag, "variants": [part.strip() for part in variants.split(",") if part.strip()]}
        for flag, variants in _typed_needs()
        if flag
    ]
    return {"prerequisites": needs}


def _say_share(share: int) -> str:
    return f"Set the share to {percent_text(share)}"


def _say_rules(rules: list[JSON]) -> str:
    return f"Save {len(rules)} rule{'' if len(rules) == 1 else 's'}" if rules else "Remove all rules"


def _saved(key: str, name: str, place: Place) -> str:
    what = {"percentage": "share", "split": "split", "rules": "rules", "prerequisites": "prerequisites"}[name]
    plural = what in {"rules", "prerequisites"}
    return f"The {what} of {key} {'are' if plural else 'is'} changed in {place.environment}."
