"""One flag: its steps from the top, why somebody gets an answer, how it is used, and its history."""

from typing import Any

from flask import Response, request

from app.core import live
from app.core.access import Role, allow
from app.core.auth import principal
from app.core.web import is_partial, page
from app.flags import reads
from app.flags.engine.model import Scope
from app.flags.environments import list_environments
from app.flags.rollouts.views import newest_panel
from app.flags.views import company
from app.flags.views.blueprint import bp
from app.flags.views.figures import day_chart, hour_figures
from app.flags.views.places import Place, place_asked
from app.flags.views.reach import known_companies, names_of, reach_of
from app.flags.views.sheet import Sheet, draw_bar, last_share, sheet_of
from app.flags.views.steps import first_targets, steps_of
from app.flags.views.story import entries_of
from app.flags.views.verdicts import flag_verdict, say_reach, would_reach
from app.flags.views.why import why_asked
from app.flags.views.wording import percent_text, value_text

SHOWN_CHANGES, PAGE_CHANGES = 8, 50
DAY_MINUTES = 24 * 60


@bp.get("/<string:key>")
@allow("flags:read", installation=True)
def show_flag(key: str) -> Response:
    """Show a flag; to an admin of a company, what theirs gets."""
    if principal().role is not Role.PLATFORM_ADMIN:
        return company.show_answer(key)
    state = live.state("flags")
    sheet = sheet_of(key, place_asked())
    template = "flags/detail.html" if is_partial() else "flags/show.html"
    return page(template, live=state, **_context(sheet))


@bp.get("/<string:key>/history")
@allow("flags:write", installation=True)
def show_history(key: str) -> Response:
    """Show every change of a flag, newest first."""
    sheet = sheet_of(key, place_asked())
    after = request.args.get("after")
    found = reads.list_versions(key, after, PAGE_CHANGES)
    return page(
        "flags/history.html", entries=entries_of(found.items), next_cursor=found.next_cursor, after=after,
        **sheet.frame("show_history"),
    )  # fmt: skip


def _context(sheet: Sheet) -> dict[str, Any]:
    one, place, setup = sheet.one, sheet.place, sheet.setup
    changes = reads.list_versions(one.key, None, SHOWN_CHANGES, environment=place.environment)
    reach = reach_of(sheet.table, setup)
    shown = reach if setup.settings.enabled else would_reach(sheet.table, setup)
    companies = [] if setup.scope is Scope.GLOBAL else known_companies()
    return {
        **sheet.frame(),
        **would_say(sheet),
        "changed_by": one.changed_by.get("name"),
        "verdict": flag_verdict(one, setup, reach, shown, place),
        "value_text": value_text,
        "steps": steps_of(setup, _names(sheet)),
        "draw": draw_bar(setup, shown, last_share([entry.changes for entry in changes.items])),
        "why": why_asked(sheet.table, setup),
        "companies": companies,
        "use": _use(sheet),
        "stale": next((stale.sentence for stale in reads.stale_flags(place.environment) if stale.key == one.key), None),
        "sides": _sides(one.key, place),
        "scope_word": {"company": "company", "user": "person"}.get(one.scope, "nobody in particular"),
        "entries": entries_of(changes.items),
        "rollout": newest_panel(one.key, one.environment),
        "history_note": None,
        "older_href": place.of("show_history", key=one.key) if changes.next_cursor else None,
    }


def would_say(sheet: Sheet) -> dict[str, Any]:
    """Return whom the flag would be on for with its switch on, for the question before it."""
    setup = sheet.setup
    if setup.settings.enabled:
        reached = say_reach(setup, reach_of(sheet.table, setup))
        return {"would_reach": "nobody", "would_say": f"It is on for {reached} now, and would be on for nobody."}
    reach = would_reach(sheet.table, setup)
    reached = "everybody" if setup.scope is Scope.GLOBAL else say_reach(setup, reach)
    ways = f": {reach.ways}" if reach.ways else ""
    return {
        "would_reach": reached,
        "would_say": f"It will be on for {reached}{ways}, in every process within a second.",
    }


def _names(sheet: Sheet) -> dict[str, str]:
    settings = sheet.setup.settings
    wanted = [*first_targets(settings.allow), *first_targets(settings.block)]
    return names_of(sheet.setup.scope, wanted)


def _use(sheet: Sheet) -> dict[str, Any]:
    one = sheet.one
    counts = [
        (count.at, count.variant, count.answers)
        for count in reads.counts(one.key, one.environment, DAY_MINUTES)
    ]  # fmt: skip
    figures = hour_figures(sheet.setup, counts)
    given = {variant for _, variant, _ in counts}
    answers = f"“{one.answers}” only" if one.answers and given <= {one.answers} else None
    return {
        "asked": figures.asked,
        "points": figures.points,
        "on_text": figures.on_text if figures.points else "",
        "last_at": one.last_asked_at,
        "last_by": one.last_asked_by,
        "one_answer": answers,
        "one_answer_since": one.answers_since,
        "chart": day_chart(counts),
    }


def _sides(key: str, here: Place) -> list[dict[str, Any]]:
    """Return the flag in every environment, side by side."""
    sides = []
    for name in list_environments():
        one, place = reads.find_flag(key, name), Place(name)
        sides.append(
            {
                "name": name,
                "href": place.of("show_flag", key=key),
                "current": name == here.environment,
                "is_enabled": one.is_enabled,
                "share": percent_text(one.percentage),
                "changed_at": one.changed_at,
            }
        )
    return sides
