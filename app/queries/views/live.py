"""What runs now and who waits for whom."""

from typing import Any

from flask import Response, url_for

from app.core import live
from app.core.access import allow
from app.core.web import is_partial, page
from app.queries.panels.live import read_live
from app.queries.panels.texts import briefly
from app.queries.panels.wording import live_verdict
from app.queries.views import looks
from app.queries.views.blueprint import bp
from app.queries.views.tabs import TABS, Tab, tabs


@bp.get("/live")
@allow("queries:read", installation=True)
def show_live() -> Response:
    """Show what runs in the database now, and who holds up whom."""
    state = state_in_time()
    view = read_live()
    return page(
        "queries/live/list.html" if is_partial() else "queries/live/index.html",
        live=state, view=view, verdict=live_verdict(view), looks=looks,
        tabs=[] if is_partial() else tabs_in_time("live"), json_href=url_for("queries_api.list_activity"),
    )  # fmt: skip


def state_in_time() -> dict[str, Any] | None:
    """Return where the page begins to follow what is pushed; nowhere while somebody holds the heads of the topics."""
    return briefly(lambda: live.state("queries"), otherwise=None)


def tabs_in_time(current: str) -> list[Tab]:
    """Return the tabs, without their counts while somebody holds the tables these are in."""
    plain: list[Tab] = [{"label": label, "href": href, "current": name == current} for name, label, href in TABS]
    return briefly(lambda: tabs(current), otherwise=plain)
