"""`/`: one sentence, five figures, what needs somebody, what changed."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, Flask, Response

from app.core import clock, live, shell
from app.core.access import allow
from app.core.auth import can, principal
from app.core.present import format_money
from app.core.tenancy import current_scope
from app.core.web import fragment, is_partial, page
from app.flags.gates import Gate, is_open
from app.inventory import reads as inventory
from app.orders.reads.rhythm import has_orders
from app.overview import changes, control, mobile, needs, reads
from app.overview.daily import tasks
from app.overview.daily.reads import last_month
from app.overview.instruments import guarded, guarded_list, instruments

bp = Blueprint("overview", __name__)
CHANGES_SPAN = timedelta(days=7)
NAMED = 2  # in the verdict line
COUNTS = {1: "One", 2: "Two", 3: "Three", 4: "Four", 5: "Five", 6: "Six", 7: "Seven", 8: "Eight", 9: "Nine"}


@bp.get("/")
@allow("orders:read", any_company=True)
def index() -> Response:
    """Show how things stand, here and now."""
    # The position is read before the figures, so that a change in between comes again.
    state = live.state("orders", "inventory", "jobs")
    found = needs.worst_first([need for make in NEEDS for need in guarded_list(make)])
    shown: dict[str, Any] = {
        "at": clock.now(),
        "instruments": instruments(),
        "needs": found,
        "verdict": verdict(found),
        "changes": guarded_list(what_changed),
        "is_everywhere": current_scope().role == "platform",
    }
    if is_partial():
        return fragment("overview/_live.html", **shown)
    return page("overview/index.html", live=state, steps=guarded_list(first_steps), **thirty_days(), **shown)


def thirty_days() -> dict[str, Any]:
    """Return the daily figures of this company, for whom the flag is on."""
    if current_scope().company_id is None or not is_open(Gate.ADVANCED_ANALYTICS):
        return {"has_month": False}
    month = guarded(last_month, None)
    currency = month.currency if month else "GBP"
    return {
        "has_month": True, "month": month, "month_count": lambda top: f"{top:g}",
        "month_money": lambda top: format_money(round(top), currency).partition(".")[0],
    }  # fmt: skip


NEEDS = (
    needs.unwell_systems,
    control.shut_breakers,
    control.held_rollouts,
    needs.late_orders,
    needs.failed_jobs,
    needs.empty_shelves,
)


def verdict(found: list[needs.Need]) -> dict[str, Any]:
    """Return the sentence of the page: its tone, its beginning, and the needs it names."""
    if not found:
        return {"tone": "good", "head": "Nothing needs you.", "named": [], "rest": 0}
    count = f"{COUNTS.get(len(found), str(len(found)))} {'thing needs' if len(found) == 1 else 'things need'}"
    return {
        "tone": found[0].tone,
        "head": f"{count} you:",
        "named": found[:NAMED],
        "rest": max(len(found) - NAMED, 0),
    }


def what_changed() -> list[changes.Told]:
    """Return the news of the last seven days; across all companies only those of flags and breakers."""
    company_id = current_scope().company_id
    if company_id is None:
        return control.control_changes(clock.now() - CHANGES_SPAN)
    types = {topic: names for topic, names in changes.TYPES.items() if topic != "accounts" or can("users:read")}
    newest = reads.recent_changes(company_id, types, clock.now() - CHANGES_SPAN)
    return [told for told in map(changes.tell, newest) if told is not None]


def first_steps() -> list[dict[str, Any]]:
    """Return the checklist of the first day; none once there are orders."""
    if current_scope().company_id is None or has_orders():
        return []
    has_items = inventory.summarize().total.n > 0
    company = principal().acting_in
    slug = company.slug if company else ""
    return [
        {"done": True, "title": "PostgreSQL and Valkey answer", "note": "/health/deps shows how quickly"},
        {
            "done": has_items,
            "title": "Add what you sell",
            "note": "one item by hand, or all of them from a CSV file",
            "href": "/inventory",
            "label": "Open inventory",
            "needs": "inventory:write",
        },
        {
            "done": False,
            "title": "Bring in your orders",
            "note": f"from a file: bin/flask orders import FILE.csv --company {slug}",
            "href": "/orders/new",
            "label": "Place one by hand",
            "needs": "orders:write",
        },
        {
            "done": False,
            "title": "Invite a second person",
            "note": "staff work orders and stock; viewers only look",
            "href": "/settings/users",
            "label": "Invite",
            "needs": "users:write",
        },
    ]


def init_overview(app: Flask) -> None:
    """Register the page and its tab."""
    app.register_blueprint(bp)
    app.register_blueprint(mobile.bp)
    shell.nav("", "Overview", "compass", "overview.index", "orders:read")


__all__ = ["bp", "index", "init_overview", "tasks"]
