"""The list of flags: one environment, its switches, and how often each flag is asked."""

from collections.abc import Sequence
from typing import Any

from flask import Response, request, url_for

from app.core import live
from app.core.access import Role, allow
from app.core.auth import principal
from app.core.present import plural, query_with
from app.core.web import fragment, page
from app.flags import reads
from app.flags.reads import FlagDetail, FlagPage, View
from app.flags.rollouts.reads import live_rollouts
from app.flags.views import company
from app.flags.views.blueprint import bp
from app.flags.views.lines import lines_of
from app.flags.views.places import Place, other_places, place_asked
from app.flags.views.spread import Spread, spread_of
from app.flags.views.tables import home_environment, table_of
from app.flags.views.why import find_company

PAGE_ROWS = 100
COMPANY = "company:"
TABS = {"all": "All", "rolling-out": "Rolling out", "stale": "Finished?", "mine": "Changed by me"}
VIEWS = {"rolling-out": View.ROLLING_OUT, "stale": View.STALE}


@bp.get("")
@allow("flags:read", installation=True)
def list_flags() -> Response:
    """Show every flag of one environment; to an admin of a company, what is switched on for theirs."""
    if principal().role is not Role.PLATFORM_ADMIN:
        return company.list_answers()
    place, view = place_asked(), request.args.get("view", "all")
    view = view if view in TABS else "all"
    if live.is_head():
        return fragment("flags/_head.html", **_head(place, view))
    # The position is read before the rows: what changes in between comes again, and nothing is missed.
    state = live.state("flags")
    q, named = split_search(request.args.get("q", ""))
    keys = [key for key in request.args.get("ids", "").split(",") if key][:200] or None
    found = find(place, view, q, keys=keys, after=request.args.get("after"))
    rows = lines_of(found.items, place, table_of(place.environment), named)
    if keys is not None:
        return page("flags/rows.html", rows=rows)
    return page(
        "flags/index.html", block="rows", live=state, rows=rows, next_cursor=found.next_cursor,
        after=request.args.get("after"), q=request.args.get("q", ""), view=view, asked_company=named, chips=_chips(named),
        env=place.environment, home=home_environment(), environments=other_places("list_flags", place), **_head(place, view),
    )  # fmt: skip


def find(
    place: Place, view: str, q: str = "", *, keys: Sequence[str] | None = None, after: str | None = None,
    limit: int = PAGE_ROWS,
) -> FlagPage:  # fmt: skip
    """Return the flags of a view."""
    mine = principal().public_id if view == "mine" else None
    return reads.list_flags(place.environment, q, VIEWS.get(view, View.ALL), after, limit, keys=keys, changed_by=mine)


def split_search(text: str) -> tuple[str, dict[str, str] | None]:
    """Return what is searched for, and the company whose answers are asked for."""
    words = text.split()
    slug = next((word.removeprefix(COMPANY) for word in words if word.startswith(COMPANY)), "")
    rest = " ".join(word for word in words if not word.startswith(COMPANY))
    if not slug:
        return rest, None
    slug, name = find_company(slug)
    return rest, {"slug": slug, "name": name}


def _head(place: Place, view: str) -> dict[str, Any]:
    """Return the sentence and the tabs. Flags are few: what one person can still look after."""
    counted = {name: find(place, name, limit=PAGE_ROWS).items for name in TABS}
    tabs = [
        {
            "label": label,
            "href": url_for("flags.list_flags", environment=place.address, view=None if name == "all" else name),
            "current": name == view and not request.args.get("q"),
            "count": _count(counted[name]),
        }
        for name, label in TABS.items()
    ]
    return {"tabs": tabs, "verdict": _verdict(place, counted["all"], counted["stale"])}


def _verdict(place: Place, every: Sequence[FlagDetail], stale: Sequence[FlagDetail]) -> dict[str, Any]:
    """Return what is true of all flags: whether each process answers from the newest change, and what is finished."""
    last = max(every, key=lambda one: one.version, default=None)
    newest = last.version if last else 0
    spread = spread_of(newest, last.changed_at if last else None) if place.is_home else Spread()
    many = len(every)
    stopped = [
        {"key": key, "href": place.of("show_flag", key=key), "why": str(plan.verdict.get("reason", "")).rstrip(".")}
        for key, plan in sorted(live_rollouts(place.environment).items()) if plan.state == "held"
    ]  # fmt: skip
    finished = "one flag looks finished" if len(stale) == 1 else f"{len(stale)} flags look finished"
    return {
        "tone": "warn" if spread.is_late or not spread.is_known else "held" if stopped else "good",
        "count": plural(many, "flag") if many < PAGE_ROWS else f"{PAGE_ROWS} flags or more",
        "where": _say_where(place, spread, newest),
        "held": stopped,
        "finished": f"{finished[0].upper()}{finished[1:]}" if stale else "",
        "finished_href": url_for("flags.list_flags", environment=place.address, view="stale"),
    }


def _say_where(place: Place, spread: Spread, newest: int) -> str:
    if not place.is_home:
        return f"kept for those who ask for {place.environment}; this installation answers from {home_environment()}"
    if spread.behind and spread.is_young:
        return f"revision {newest} is {spread.say('', '')}"
    return spread.say(f"are on revision {newest}", f"is on revision {newest}")


def _count(items: Sequence[FlagDetail]) -> str:
    return str(len(items)) if len(items) < PAGE_ROWS else f"{PAGE_ROWS}+"


def _chips(named: dict[str, str] | None) -> list[dict[str, str]]:
    if named is None:
        return []
    rest = " ".join(word for word in request.args.get("q", "").split() if not word.startswith(COMPANY))
    return [{"label": "Answers for", "value": named["name"], "href": query_with(q=rest or None)}]
