"""The rows of the list of flags."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from app.core import clock
from app.core.present import plural
from app.flags import reads
from app.flags.engine.answers import is_on
from app.flags.engine.evaluate import Table
from app.flags.engine.model import Flag, FlagType, Scope
from app.flags.models import FlagRollout
from app.flags.reads import FlagDetail
from app.flags.reads.stale import STALE_AFTER
from app.flags.rollouts.reads import live_rollouts
from app.flags.views.figures import hour_figures
from app.flags.views.places import Place
from app.flags.views.steps import given
from app.flags.views.wording import percent_text


@dataclass(frozen=True, slots=True)
class FlagLine:
    """One flag in one environment, as its row shows it.

    Attributes:
        v: What a pushed row has to exceed.
        note: What else is to be said: held, or one answer for long.
        on_text: The share answered on, or what the company asked about gets.
    """

    key: str
    description: str
    environment: str
    v: int
    href: str
    switch_href: str
    is_enabled: bool
    asks_before_on: bool
    asks_before_off: bool
    scope: str
    share: int
    share_text: str
    bar_tone: str
    lists: str
    asked: int
    points: tuple[float, ...]
    on_text: str
    changed_at: datetime
    changed_by: str
    note: str = ""
    note_tone: str = "idle"
    note_icon: str = "clock"


def lines_of(
    details: Sequence[FlagDetail], place: Place, table: Table, company: dict[str, str] | None = None
) -> list[FlagLine]:
    """Return the rows of some flags.

    Args:
        details: The flags, in their order.
        place: The environment they are looked at in.
        table: What answers there.
        company: Whose answers stand in the last column instead of the share answered on.
    """
    counts = reads.counts_by_flag([one.key for one in details], place.environment)
    plans = live_rollouts(place.environment)
    return [
        replace(_line(one, place, table, counts.get(one.key, []), company), **_plan_note(plans.get(one.key)))
        for one in details
    ]


def _line(
    one: FlagDetail, place: Place, table: Table, counts: Sequence[reads.CountPoint], company: dict[str, str] | None
) -> FlagLine:
    setup = table.snapshot.flags.get(one.key)
    figures = hour_figures(setup, ((count.at, count.variant, count.answers) for count in counts))
    return FlagLine(
        key=one.key,
        description=one.description,
        environment=place.environment,
        v=one.version,
        href=place.of("show_flag", key=one.key),
        switch_href=place.of("ask_switch", key=one.key),
        is_enabled=one.is_enabled,
        asks_before_on=place.is_careful or bool(place.closes(one.key, is_on=True)),
        asks_before_off=bool(place.closes(one.key, is_on=False)),
        scope="person" if one.scope == Scope.USER else one.scope,
        share=one.percentage,
        share_text=percent_text(one.percentage),
        bar_tone="" if one.is_enabled else "idle",
        lists=_lists(one),
        asked=figures.asked,
        points=figures.points,
        on_text=_answer(table, setup, company) if company else figures.on_text,
        changed_at=one.changed_at,
        changed_by=str(one.changed_by.get("name") or "") if one.changed_by.get("kind") != "system" else "",
        note=_note(one),
    )


def _plan_note(plan: FlagRollout | None) -> dict[str, Any]:  # Any: fields of a line
    """Return what a plan that is not over says in the row; it says more than a flag's age does."""
    if plan is None:
        return {}
    if plan.state == "held":
        return {"note": "Held", "note_tone": "held", "note_icon": "hand", "bar_tone": "held"}
    word = "Rolling out" if plan.state == "running" else "Planned"
    return {"note": word, "note_tone": "run", "note_icon": "calendar-clock"}


def _lists(one: FlagDetail) -> str:
    parts = [f"{many:,} {name}" for many, name in ((one.allowed, "allow"), (one.blocked, "block")) if many]
    return ", ".join(parts) or "–"


def _note(one: FlagDetail) -> str:
    """Return that a flag has given one answer for long; one that is meant to stay may."""
    if one.is_permanent or not one.answers or one.answers_since is None or one.changed_at > clock.now() - STALE_AFTER:
        return ""
    since = clock.now() - one.answers_since
    return f"one answer for {plural(since.days, 'day')}" if since >= STALE_AFTER else ""


def _answer(table: Table, setup: Flag | None, company: dict[str, str]) -> str:
    if setup is None:
        return "–"
    made = table.peek(setup.key, {"company": company["slug"], "targetingKey": company["slug"]})
    if made.error is not None:
        return "–"
    if setup.type is FlagType.BOOLEAN:
        return "on" if is_on(setup, made) else "off"
    return given(setup, made.variant)
