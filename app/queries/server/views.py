"""What PostgreSQL ran that the app never measured: of shells, backups, migrations, other programs."""

from collections import Counter
from collections.abc import Sequence

from flask import Response

from app.core import live
from app.core.access import allow
from app.core.web import is_partial, page
from app.queries.reads.server import ServerOnly, ServerTotals, list_server_only, totals
from app.queries.reads.statements import span_of
from app.queries.server.notices import find_notices
from app.queries.views import looks
from app.queries.views.asked import WINDOWS, window_asked, windows
from app.queries.views.blueprint import bp

MOST = 100
MUCH, SOME = 0.5, 0.1


@bp.get("/outside")
@allow("queries:read", installation=True)
def show_outside() -> Response:
    """Show what others than the app have PostgreSQL do."""
    state = live.state("queries")
    window = window_asked()
    span = span_of(window)
    found, whole = list_server_only(span, MOST), totals(span)
    share = share_of(found, whole)
    return page(
        "queries/server/list.html" if is_partial() else "queries/server/index.html",
        live=state, found=found, whole=whole, share=share, sentence=sentence_on(found, share), looks=looks,
        tone="warn" if (share or 0) > MUCH else "good", notices=find_notices(), window=window,
        span_words=WINDOWS[window][1], windows=windows(window, "queries.show_outside"),
    )  # fmt: skip


def share_of(found: Sequence[ServerOnly], whole: ServerTotals) -> float | None:
    """Return how much of all time is others'; None when nothing ran. Nested time is part of what is around it."""
    took = sum(one.figures.exec_ms + one.figures.plan_ms for one in found if not one.is_nested)
    all_ms = whole.figures.exec_ms + whole.figures.plan_ms
    return min(took / all_ms, 1.0) if all_ms else None


def sentence_on(found: Sequence[ServerOnly], share: float | None) -> str:
    """Return the sentence over all of them."""
    if share is None:
        return "PostgreSQL has counted nothing in this time."
    if not found:
        return "Nobody but the app sends statements."
    words = "more than half" if share > MUCH else looks.percent(share)
    return f"What the app never measured takes {words} of PostgreSQL's time, most of it sent by {', '.join(senders(found))}."


def senders(found: Sequence[ServerOnly]) -> list[str]:
    """Return the logins that sent most of it, those that matter least left out."""
    took: Counter[str] = Counter()
    for one in found:
        took[one.roles[0]] += round(one.figures.exec_ms * 1000)
    return [role for role, us in took.most_common(3) if us >= SOME * took.total()]
