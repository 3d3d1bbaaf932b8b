"""One queue: how it is and why, whose jobs wait, in which order, and what lies in the broker."""

from typing import Any

from flask import Response, request, url_for

from app.accounts import reads as accounts
from app.core import clock, live
from app.core.access import allow
from app.core.auth import principal
from app.core.errors import NotFound
from app.core.jobs.limits import settings_of
from app.core.tenancy import acting_for
from app.core.web import is_partial, page
from app.queues import pending
from app.queues.figures.queues import QueueFigures, queue_figures
from app.queues.figures.slo import objectives
from app.queues.figures.types import type_figures
from app.queues.pending import CompanyShare
from app.queues.views import held, looks, sentences, wording
from app.queues.views.blueprint import queues_bp
from app.queues.views.broker import in_broker
from app.queues.views.steps import must_be_queue

WINDOWS = {"1h": "1 h", "24h": "24 h", "30d": "30 d"}
PAGE_ROWS = 25


@queues_bp.get("/<string:queue>")
@allow("queues:read", installation=True)
def show_queue(queue: str) -> Response:
    """Show one queue; `company` looks at one company's part of it."""
    must_be_queue(queue)
    state = live.state("queues")
    now = clock.now()
    shares = pending.shares(queue)
    lens = company_asked(shares)
    window = request.args.get("window", "")
    window = window if window in WINDOWS else "1h"
    found = queue_figures("3h")
    one = next(each for each in found if each.name == queue)
    paused = held.list_held()
    waiting = pending.list_pending(
        queue, company_id=lens.company_id if lens else None, limit=PAGE_ROWS, after=request.args.get("after")
    )
    return page(
        "queues/detail.html" if is_partial() else "queues/show.html",
        live=state, one=one, now_at=now, shares=shares, company=lens, pending=waiting, window=window, paused=paused,
        windows=windows_of(queue, window, lens), look=looks.look_of(one, now), looks=looks, wording=wording,
        verdict=sentences.verdict_on(one, paused, now), drain=sentences.drain_on(one), limits=settings_of(queue),
        window_words=WINDOWS, broker=in_broker(queue), **figures_of(found, queue, window, lens),
    )  # fmt: skip


def figures_of(
    found: list[QueueFigures], queue: str, window: str, lens: CompanyShare | None
) -> dict[str, Any]:  # Any: what the template shows
    """Return percentiles and objective: everybody's, or one company's."""
    allowed = principal().permissions
    if lens is None:
        return {"types": type_figures(window, queue=queue, allowed=allowed), "objective": objectives(found)[queue]}
    with acting_for(lens.company_id):
        return {"types": type_figures(window, queue=queue, allowed=allowed), "objective": objectives([])[queue]}


def company_asked(shares: list[CompanyShare]) -> CompanyShare | None:
    """Return the company the address asks for; one without living jobs has none here.

    Raises:
        NotFound: There is no such company.
    """
    slug = request.args.get("company", "")
    if not slug:
        return None
    found = next((share for share in shares if share.slug == slug), None)
    if found is not None:
        return found
    known = accounts.company_ids([slug])
    if slug not in known:
        raise NotFound
    company_id, name = known[slug]
    return CompanyShare(company_id, slug, name, 0, None, 0, 0)


def windows_of(queue: str, current: str, lens: CompanyShare | None) -> list[dict[str, object]]:
    """Return the windows to choose from."""
    return [
        {
            "label": label,
            "href": url_for("queues.show_queue", queue=queue, window=name, company=lens.slug if lens else None)
            + "#h-times",
            "current": name == current,
        }
        for name, label in WINDOWS.items()
    ]
