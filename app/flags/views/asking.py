"""The question before more are let in, and the page after two people changed one flag at once."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import Response, request

from app.core.web import page
from app.flags.engine.model import Flag, Scope, settings_from_json
from app.flags.problems import FlagChanged
from app.flags.views.reach import Change, reach_of, say_names
from app.flags.views.sheet import Sheet
from app.flags.views.story import conflict_diff
from app.flags.views.tables import table_with
from app.flags.views.verdicts import say_nobody_known, say_reach, switched_on, would_reach
from app.flags.views.wording import UNITS, percent_text

OWN_FIELDS = {"csrf_token", "idempotency_key", "confirmed", "preview", "version", "reason"}
CONFLICT = 409


def with_kept(setup: Flag, fields: Mapping[str, Any], kept: Mapping[str, Any]) -> Flag:
    """Return the flag as it would be with some settings changed; its lists stay."""
    settings = settings_from_json({**kept, **fields}, setup.settings.allow, setup.settings.block)
    return replace(setup, settings=settings)


def change_of(sheet: Sheet, wanted: Flag) -> Change:
    """Return whom a change lets in and puts out."""
    before = reach_of(sheet.table, sheet.setup)
    return Change(before, reach_of(table_with(sheet.table, {wanted.key: wanted}), wanted))


def lets_more_in(sheet: Sheet, wanted: Flag, change: Change) -> bool:
    """Say whether a change reaches anybody new; what nobody known shows, the share itself does."""
    raised = wanted.settings.percentage > sheet.setup.settings.percentage
    return wanted.settings.enabled and (bool(change.let_in) or raised)


def must_ask(sheet: Sheet, wanted: Flag, change: Change) -> bool:
    """Say whether the question comes first: it was wished for, or production lets more in and nobody said yes."""
    if request.form.get("preview"):
        return True
    return sheet.place.is_careful and not request.form.get("confirmed") and lets_more_in(sheet, wanted, change)


def ask_about(sheet: Sheet, wanted: Flag, change: Change, *, question: str, yes: str) -> Response:
    """Show whom a change reaches, with a button that sends the same again."""
    status = 200 if request.form.get("preview") else CONFLICT
    return page(
        "flags/ask.html", status=status, question=question, yes=yes, action=request.full_path.rstrip("?"),
        back=sheet.place.of("edit_flag", key=sheet.one.key), again=[*sent_again(), ("confirmed", "1"), *_version()],
        lines=say_change(sheet, wanted, change), reason=request.form.get("reason", ""), **sheet.frame(),
    )  # fmt: skip


def say_change(sheet: Sheet, wanted: Flag, change: Change) -> list[str]:
    """Return whom a change reaches, line by line; of a flag that is off, whom it would reach."""
    setup = sheet.setup
    if not wanted.settings.enabled:
        would = would_reach(sheet.table, wanted)
        lines = [
            "The flag is switched off here: nobody gets it until it is switched on.",
            f"Switched on, it would be on for {say_reach(switched_on(wanted), would)}.",
        ]
        return [*lines, f"Those are {say_names(sorted(would.on.values()))}."] if would.on else lines
    if setup.scope is Scope.GLOBAL or not change.after.total:
        return [
            f"{say_nobody_known(wanted).capitalize()} gets it, instead of {percent_text(setup.settings.percentage)}."
        ]
    lines = [f"On for {say_reach(wanted, change.after)}, until now {len(change.before.on):,}."]
    if change.let_in:
        lines.append(f"Let in: {say_names(change.let_in)}.")
    lines.append(
        f"Put out: {say_names(change.put_out)}." if change.put_out else f"No {UNITS[setup.scope][0]} is put out."
    )
    return lines


def show_conflict(sheet: Sheet, problem: FlagChanged, back: str) -> Response:
    """Show what somebody else changed meanwhile beside what was sent; nothing of it was saved."""
    sent = [(name, value[:300]) for name, value in sent_again() if value]
    return page(
        "flags/conflict.html", status=problem.status, problem=problem, changes=conflict_diff(problem.changed),
        sent=sent, again=[*sent_again(), ("reason", request.form.get("reason", ""))], back=back,
        action=request.full_path.rstrip("?"), **sheet.frame(),
    )  # fmt: skip


def sent_again() -> list[tuple[str, str]]:
    """Return what this form said, to be sent once more."""
    return [(name, value) for name, value in request.form.items(multi=True) if name not in OWN_FIELDS]


def sent_version() -> int | None:
    """Return the version the form was made from; None when it names none."""
    text = request.form.get("version", "")
    return int(text) if text.isdecimal() and len(text) < 19 else None  # noqa: PLR2004 (what the database can compare)


def sent_reason() -> str:
    """Return the reason somebody wrote, if any."""
    return request.form.get("reason", "").strip()[:500]


def _version() -> list[tuple[str, str]]:
    return [("version", request.form["version"])] if "version" in request.form else []
