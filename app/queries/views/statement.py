"""One statement: its figures, its plan, where it comes from, whose time it takes, what happened to it."""

from datetime import timedelta

from flask import Response, request

from app.core import live, tasks
from app.core.access import allow
from app.core.web import is_partial, page
from app.queries.forgetting import emptied_since
from app.queries.plans.shown import show_plans
from app.queries.reads import statements as reads
from app.queries.reads.server import server_figures
from app.queries.reads.statements import span_of
from app.queries.reads.story import advice_for, changes_of
from app.queries.views import advice_looks, looks
from app.queries.views.asked import WINDOWS, window_asked, windows
from app.queries.views.blueprint import bp
from app.queries.views.drawing import columns_of
from app.queries.views.explain import segments, taken_words
from app.queries.views.one_verdict import judge

SAMPLES, COMPANIES, ORIGINS = 12, 8, 6
KEPT = timedelta(days=14)  # as far back as the longest window and the one before it


@bp.get("/<string:fingerprint>")
@allow("queries:read", installation=True)
def show_statement(fingerprint: str) -> Response:
    """Show one statement."""
    state = live.state("queries")
    window = window_asked()
    span = span_of(window)
    one = reads.find_statement(fingerprint, span)
    changes, advice = changes_of(fingerprint), advice_for(fingerprint)
    now, before = reads.histogram_of(fingerprint, span)
    server = server_figures([fingerprint], span).get(fingerprint)
    plans = show_plans(fingerprint, request.args.get("plan", ""))
    return page(
        "queries/detail.html" if is_partial() else "queries/show.html",
        plans=plans, plan_choices=segments(plans, fingerprint), plan_words=taken_words(plans),
        live=state, one=one, looks=looks, changes=changes,
        judged=judge(one, changes, is_advised=bool(advice), worst=plans.tree.worst if plans.tree else None, server=server),
        advice=advice, advice_looks=advice_looks, columns=columns_of(now, before, one.timeouts), points=reads.history(fingerprint, span),
        server=server, jobs=tasks.JOBS,
        origins=reads.origins_of(fingerprint)[:ORIGINS], companies=reads.companies_of(fingerprint, span)[:COMPANIES],
        samples=reads.samples_of(fingerprint, SAMPLES), emptied=emptied_since(span.end - KEPT), span=span, span_words=WINDOWS[window][1],
        windows=windows(window, "queries.show_statement", fingerprint=fingerprint),
    )  # fmt: skip
