"""Reads that one request sent again and again, each with what mends it."""

from collections.abc import Sequence

from flask import Response

from app.core import live, tasks
from app.core.access import allow
from app.core.present import plural
from app.core.web import is_partial, page
from app.queries.reads.statements import RepeatView, list_repeats
from app.queries.views import looks
from app.queries.views.blueprint import bp
from app.queries.views.tabs import tabs

MOST = 100
KINDS = {
    "lazy": "a relationship loaded row by row",
    "deferred": "a column loaded row by row",
    "get": "one row after the other by its key",
    "repeated": "the same statement again and again",
}


@bp.get("/repeats")
@allow("queries:read", installation=True)
def show_repeats() -> Response:
    """Show repeated reads, the worst first."""
    state = live.state("queries")
    found = list_repeats(MOST)
    return page(
        "queries/repeats_live.html" if is_partial() else "queries/repeats.html",
        live=state, found=found, looks=looks, kinds=KINDS, jobs=tasks.JOBS, tone=("warn" if found else "good"),
        sentence=sentence_on(found), tabs=tabs("repeats") if not is_partial() else [],
    )  # fmt: skip


def sentence_on(found: Sequence[RepeatView]) -> str:
    """Return the sentence over all of them."""
    if not found:
        return "No request reads the same again and again."
    worst = found[0]
    where = worst.endpoint or "A process"
    return f"{plural(len(found), 'place')} {'reads' if len(found) == 1 else 'read'} row by row. {where} sends one statement {worst.most:,} times in a single request."
