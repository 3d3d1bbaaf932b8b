"""The editor: share, split, rules and prerequisites of a flag in one environment, each saved by itself."""

from collections.abc import Callable
from typing import Any

from flask import Response, request

from app.core.access import allow
from app.core.db import transaction
from app.core.errors import Problem
from app.core.idempotency import once
from app.core.outbox import savepoint
from app.core.web import page
from app.flags import reads, service
from app.flags.problems import FlagChanged
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
from app.flags.views.editor_form import put_typed, read_needs, read_weights, values_of
from app.flags.views.places import Place, place_asked
from app.flags.views.reach import Reach
from app.flags.views.rule_form import SPLIT, operators, read_rules
from app.flags.views.sheet import Sheet, draw_bar, sheet_of
from app.flags.views.steps import split_text
from app.flags.views.wording import percent_text, read_percent

JSON = dict[str, Any]
Save = Callable[..., FlagDetail]


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
        key, "split", read_weights, service.set_split, lambda wanted: f"Split {split_text(wanted) or 'ended'}"
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
    return _change(key, "prerequisites", read_needs, service.set_prerequisites, lambda _: "Change the prerequisites")


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
    values = values_of(one)
    if problem is not None:
        put_typed(values, problem)
    others = [(key, key) for key in sheet.table.snapshot.flags if key != one.key]
    serve = [(name, f"variant {name}") for name in one.variants] + [(SPLIT, "a split")]
    return page(
        "flags/edit.html", status=problem.status if problem else 200, values=values, errors=values.errors,
        operators=operators(), segments=[segment.key for segment in reads.list_segments()], other_flags=others,
        serve_options=serve, draw=draw_bar(sheet.setup, Reach(sheet.setup.scope), None),
        **sheet.frame("edit_flag"),
    )  # fmt: skip


def _say_share(share: int) -> str:
    return f"Set the share to {percent_text(share)}"


def _say_rules(rules: list[JSON]) -> str:
    return f"Save {len(rules)} rule{'' if len(rules) == 1 else 's'}" if rules else "Remove all rules"


def _saved(key: str, name: str, place: Place) -> str:
    what = {"percentage": "share", "split": "split", "rules": "rules", "prerequisites": "prerequisites"}[name]
    plural = what in {"rules", "prerequisites"}
    return f"The {what} of {key} {'are' if plural else 'is'} changed in {place.environment}."
