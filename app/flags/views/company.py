"""What an admin of a company sees of the flags: the answers for their company, and nothing about anybody else.

The answers come from this process's own memory. Only descriptions and instants are read from the
installation's rows.
"""

from dataclasses import dataclass
from datetime import datetime

from flask import Response

from app.core.auth import company, principal
from app.core.installation import installation
from app.core.web import page
from app.flags import reads
from app.flags import use as flags
from app.flags.context import current_context
from app.flags.engine.answers import is_on
from app.flags.engine.model import Decider, Evaluation, Flag, FlagType, Scope
from app.flags.problems import FlagNotFound
from app.flags.reads import FlagDetail
from app.flags.views.steps import given
from app.flags.views.tables import home_environment
from app.flags.views.wording import value_text

MOST = 500
# Why, without a word about anybody else: neither a share nor who stands on a list is theirs to know.
WHY = {
    Decider.KILL_SWITCH: "It is switched off for everybody.",
    Decider.BLOCK: "It is withheld here by name.",
    Decider.ALLOW: "It is given here by name.",
    Decider.PREREQUISITE: "It needs another feature that is not on here.",
    Decider.RULE: "A rule fits here.",
    Decider.TARGETING: "A rule fits here.",
    Decider.PERCENTAGE: "It is being rolled out step by step.",
    Decider.DEFAULT: "Nothing fits here.",
}


@dataclass(frozen=True, slots=True)
class CompanyLine:
    """One feature as a company sees it."""

    key: str
    description: str
    answer: str
    is_on: bool
    whom: str
    since: datetime | None
    why: str
    value: str | None
    reason: str


def list_answers() -> Response:
    """Show what is switched on for the company that asks."""
    rows = [_line(setup, known) for setup, known in _known()]
    return page("flags/company.html", rows=rows, on=sum(row.is_on for row in rows))


def show_answer(key: str) -> Response:
    """Show one answer and why.

    Raises:
        FlagNotFound: There is no such flag.
    """
    row = next((_line(setup, known) for setup, known in _known() if setup.key == key), None)
    if row is None:
        raise FlagNotFound(key=key)
    return page("flags/company_flag.html", row=row)


def _known() -> list[tuple[Flag, FlagDetail | None]]:
    setups = flags.table().snapshot.flags
    with installation():
        details = {one.key: one for one in reads.list_flags(home_environment(), limit=MOST).items}
    return [(setups[key], details.get(key)) for key in sorted(setups)]


def _line(setup: Flag, known: FlagDetail | None) -> CompanyLine:
    made = flags.table().peek(setup.key, current_context())
    whom = f"you, {principal().name}" if setup.scope is Scope.USER else company().name
    return CompanyLine(
        setup.key, known.description if known else "", _answer(setup, made), is_on(setup, made), whom,
        known.changed_at if known else None, WHY[made.decider] if made.decider else "It cannot be decided here.",
        None if setup.type is FlagType.BOOLEAN or made.value is None else value_text(made.value), made.reason.value,
    )  # fmt: skip


def _answer(setup: Flag, made: Evaluation) -> str:
    if made.error is not None:
        return "No answer"
    if setup.type is FlagType.BOOLEAN:
        return "On" if is_on(setup, made) else "Off"
    return given(setup, made.variant).capitalize()
