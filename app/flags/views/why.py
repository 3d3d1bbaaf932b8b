"""The tester: who is asked about, and every step of the answer they get."""

import json
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from flask import current_app, request

from app.accounts import reads as accounts
from app.flags.engine.answers import is_on
from app.flags.engine.evaluate import Table
from app.flags.engine.explain import explain
from app.flags.engine.model import Evaluation, Flag, FlagType, Scope
from app.flags.views.reach import known
from app.flags.views.steps import given
from app.flags.views.trace import TraceLine, hit_number, trace_of
from app.flags.views.wording import value_text
from config import Settings

MAX_CONTEXT = 20_000
FIELDS = ("company", "user", "context")


@dataclass(frozen=True, slots=True)
class Answer:
    """What the target gets, in words."""

    title: str
    reason: str
    detail: str
    value: str | None
    is_error: bool


@dataclass
class Why:
    """The tester as its page shows it."""

    typed: dict[str, str]
    errors: dict[str, str] = field(default_factory=dict)
    answer: Answer | None = None
    lines: list[TraceLine] = field(default_factory=list)
    revision: int = 0
    took_us: str = ""


def why_asked(table: Table, flag: Flag) -> Why:
    """Return the tester, with an answer when this address names somebody."""
    why = Why({name: request.args.get(name, "").strip() for name in FIELDS})
    if not any(why.typed.values()):
        return why
    context, whose = read_target(why, table.snapshot.environment, flag.scope)
    if why.errors:
        return why
    explanation = explain(table, flag.key, context)
    why.lines = trace_of(flag, explanation, whose)
    why.answer = _say(flag, explanation.evaluation, whose, hit_number(why.lines))
    why.revision, why.took_us = table.snapshot.revision, _took(table, flag.key, context)
    return why


def read_target(why: Why, environment: str, scope: Scope) -> tuple[dict[str, Any], str]:
    """Return the context somebody typed and what they are called; faults go beside their fields."""
    settings: Settings = current_app.config["SETTINGS"]
    context: dict[str, Any] = {"environment": environment, "release": settings.release}
    whose = "this context"
    if slug := why.typed["company"]:
        slug, whose = find_company(slug)
        context["company"] = slug
        if scope is not Scope.USER:
            context["targetingKey"] = slug
    if text := why.typed["user"]:
        person = accounts.find_anybody(text)
        whose = person.name if person else text
        found = {"user": person.id, "role": person.role, "company": person.company} if person else {"user": text}
        context |= {"targetingKey": found["user"], **found, **({"company": context["company"]} if slug else {})}
    return context | _read_more(why), whose


def find_company(text: str) -> tuple[str, str]:
    """Return short name and name of a company, from either; an unknown one is taken as it is."""
    names = accounts.names_of_companies([text.lower()])
    if names:
        return text.lower(), names[text.lower()]
    wanted = text.casefold()
    found = next((one for one in known(Scope.COMPANY) if one.name.casefold() == wanted), None)
    return (found.target, found.name) if found else (text, text)


def _read_more(why: Why) -> dict[str, Any]:
    text = why.typed["context"]
    if not text:
        return {}
    try:
        more = json.loads(text[:MAX_CONTEXT])
    except (ValueError, RecursionError):
        more = None
    if not isinstance(more, dict):
        why.errors["context"] = 'Write one JSON object, such as {"release": "2026.11.20-1"}.'
        return {}
    return more


def _say(flag: Flag, made: Evaluation, whose: str, number: int | None) -> Answer:
    if made.error is not None:
        return Answer(f"No answer for {whose}", f"ERROR, {made.error.value}", made.detail, None, is_error=True)
    if made.variant is None:
        title = f"The caller’s own default for {whose}"
    elif flag.type is FlagType.BOOLEAN:
        title = f"{'On' if is_on(flag, made) else 'Off'} for {whose}"
    else:
        title = f"{given(flag, made.variant).capitalize()} for {whose}"
    step = f", step {number}" if number else ""
    value = None if flag.type is FlagType.BOOLEAN else value_text(made.value)
    return Answer(title, f"{made.reason.value}{step}", made.detail, value, is_error=False)


def _took(table: Table, key: str, context: dict[str, Any]) -> str:
    """Return how long an answer takes here, the shortest of a few."""
    took = []
    for _ in range(5):
        began = perf_counter()
        table.peek(key, context)
        took.append(perf_counter() - began)
    return f"{min(took) * 1e6:.1f}"
