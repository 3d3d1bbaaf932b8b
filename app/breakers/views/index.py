"""The list of breakers, and one of them."""

from datetime import datetime, timedelta

from flask import Response, request, url_for

from app.breakers import reads
from app.breakers.reads import BreakerView, Stretch
from app.breakers.reads.transitions import TONES
from app.breakers.states import State
from app.breakers.views import looks
from app.breakers.views.blueprint import bp
from app.breakers.views.figures import chart_of, strip_of
from app.breakers.views.story import story_of
from app.core import clock, live
from app.core.access import allow
from app.core.web import is_partial, page

WINDOWS = {"1h": 1, "3h": 3, "24h": 24}
LOG_ROWS, MINUTES, CALLERS = 30, 60, 8
LOG_ROWS_ALONE = 120  # most of them are tries, which the log folds


@bp.get("")
@allow("breakers:read", installation=True)
def list_breakers() -> Response:
    """Show all breakers, worst first."""
    state = live.state("breakers")
    now = clock.now()
    wanted = request.args.get("window", "")
    window = wanted if wanted in WINDOWS else "3h"
    start = now - timedelta(hours=WINDOWS[window])
    found = reads.list_breakers()
    alone = {one.name: one.state is State.CLOSED and not one.alone for one in found if not one.config.is_fleet_wide}
    drawn = reads.ribbons(start, now, alone)
    windows = [
        {"label": f"{hours} h", "href": url_for("breakers.list_breakers", window=name), "current": name == window}
        for name, hours in WINDOWS.items()
    ]
    return page(
        "breakers/list.html" if is_partial() else "breakers/index.html",
        live=state, found=found, now_at=now, start=start, windows=windows, hours=WINDOWS[window],
        ribbons={one.name: ribbon_of(one, drawn.get(one.name, []), start, now) for one in found},
        callers=reads.callers_of_all([one.name for one in found]),
        verdict=looks.verdict_of(found, now), looks=looks, is_degraded=any(one.is_degraded for one in found),
        process_count=max((len(one.reports) for one in found), default=0),
    )  # fmt: skip


@bp.get("/<string:name>")
@allow("breakers:read", installation=True)
def show_breaker(name: str) -> Response:
    """Show one breaker: its last calls, what it did, its limits, who calls, who feels it."""
    state = live.state("breakers")
    one = reads.find_breaker(name)
    now = clock.now()
    rows = LOG_ROWS if one.config.is_fleet_wide else LOG_ROWS_ALONE
    log = reads.list_transitions(name, limit=rows, after=request.args.get("after"))
    return page(
        "breakers/detail.html" if is_partial() else "breakers/show.html",
        live=state, one=one, now_at=now, looks=looks, look=looks.look_of(one, now),
        verdict=looks.verdict_on(one, now), limits=looks.limits_of(one), log=story_of(list(log.items)),
        older=log.next_cursor, strip=strip_of(reads.last_calls(one)), touching=reads.touching(name),
        chart=chart_of(reads.list_minutes(name, MINUTES), one.config.failure_rate_threshold),
        callers=reads.callers_of(name)[:CALLERS], is_degraded=one.is_degraded,
    )  # fmt: skip


def ribbon_of(one: BreakerView, drawn: list[Stretch], start: datetime, now: datetime) -> list[Stretch]:
    """Return the ribbon of a breaker, which ends in its present state even when that is not kept yet.

    Args:
        one: The breaker, now.
        drawn: What is kept of the span; empty when nothing changed.
        start: Where the ribbon begins.
        now: Where it ends.
    """
    tone = TONES[one.state]
    since = one.held.at if one.held else one.since
    if not drawn and (one.state is State.CLOSED or since is None or since <= start):
        return [Stretch(tone, 0, 100)]
    found = drawn or [Stretch(TONES[State.CLOSED], 0, 100)]
    if one.state is State.CLOSED or found[-1].tone == tone or since is None:
        return found
    x = max((since - start) / (now - start) * 100, 0.0)
    return [*found, Stretch(tone, round(x, 2), round(max(100 - x, 0.4), 2))]
