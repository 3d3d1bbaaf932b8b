"""All queues, worst first, with what waits over time."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from flask import Response, request, url_for

from app.core import clock, live
from app.core.access import allow
from app.core.auth import principal
from app.core.web import is_partial, page
from app.queues.failures import list_groups
from app.queues.figures.queues import QueueFigures, queue_figures, seen_history
from app.queues.reconcile import recent_findings
from app.queues.views import held, looks, sentences, wording
from app.queues.views.blueprint import queues_bp
from app.queues.views.drawing import WaitingChart, chart_of

WINDOWS = {"1h": 1, "3h": 3, "24h": 24}
MOST_FINDINGS = 5
RANKS = {"bad": 0, "held": 1}


@queues_bp.get("")
@allow("queues:read", installation=True)
def list_queues() -> Response:
    """Show all queues, worst first."""
    state = live.state("queues")
    now = clock.now()
    window, hours = window_asked()
    found = queue_figures(window)
    paused = held.list_held()
    lost = recent_findings()
    return page(
        "queues/list.html" if is_partial() else "queues/index.html",
        live=state, found=found, now_at=now, hours=hours, windows=windows_of(window), paused=paused,
        verdict=sentences.verdict_of(found), groups=list_groups("1h", principal().permissions), is_everywhere=True,
        chart=draw(found, paused, window, now), looks=looks, wording=wording,
        lost=None if lost is None else lost[:MOST_FINDINGS], lost_in_all=len(lost or ()),
        is_unused=not any(one.waiting or one.running or any(one.spark) or one.run_p95_ms for one in found),
    )  # fmt: skip


def window_asked() -> tuple[str, int]:
    """Return the window that the address asks for, by name and in hours."""
    wanted = request.args.get("window", "")
    window = wanted if wanted in WINDOWS else "3h"
    return window, WINDOWS[window]


def windows_of(current: str) -> list[dict[str, object]]:
    """Return the windows to choose from."""
    return [
        {"label": f"{hours} h", "href": url_for("queues.list_queues", window=name), "current": name == current}
        for name, hours in WINDOWS.items()
    ]


def draw(
    found: Sequence[QueueFigures], paused: Sequence[held.HeldView], window: str, now: datetime
) -> WaitingChart | None:
    """Return the chart of waiting jobs: what is behind or held by name, the rest together."""
    urgent = sorted(
        (one for one in found if one.state in {"behind", "held"}), key=lambda one: RANKS[looks.TONES[one.state]]
    )
    tones = {one.name: looks.TONES[one.state] for one in urgent}
    history = seen_history(window)
    stopped = {one.value: one.since for one in paused if one.kind == "queue"}
    return chart_of(history, tones, now - timedelta(hours=WINDOWS[window]), now, WINDOWS[window], stopped)
