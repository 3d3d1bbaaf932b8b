"""How a statement is planned: of one we know, planned again or tried, and of a text that is typed.

These are no acts that must happen once: nothing is changed, and a transaction around them would wait for the planner.
"""

from typing import Any

from flask import Response, request, url_for

from app.core.access import allow
from app.core.errors import Problem
from app.core.web import done, page
from app.queries.explain.asking import explain_known, explain_typed
from app.queries.explain.inside import inside_words
from app.queries.explain.problems import ExplainRefused
from app.queries.plans.shown import Shown
from app.queries.plans.tree import PlanTree
from app.queries.views import looks
from app.queries.views.blueprint import bp

WORDS = {"now": "Now", "before": "Before", "run": "When it was run", "diff": "Difference"}
UNPROCESSABLE = 422
PLANNED, RUN = "Planned", "Run"


@bp.get("/explain")
@allow("queries:write", installation=True)
def ask_explain() -> Response:
    """Ask for a text to plan."""
    return _explained("")


@bp.post("/explain")
@allow("queries:write", installation=True)
def create_explain() -> Response:
    """Plan a text that was typed, where there is no data."""
    text = request.form.get("query", "").strip()
    if not text or "\x00" in text:
        return _explained(text, error="Write one SELECT.", status=UNPROCESSABLE)
    try:
        found = explain_typed(text)
    except Problem as problem:
        return _explained(text, error=problem.sentence, status=problem.status)
    return _explained(text, tree=found.tree)


@bp.post("/<string:fingerprint>/plan")
@allow("queries:write", installation=True)
def create_plan(fingerprint: str) -> Response:
    """Plan it again, running nothing."""
    return _try_it(fingerprint, is_run=False)


@bp.post("/<string:fingerprint>/trial")
@allow("queries:write", installation=True)
def create_trial(fingerprint: str) -> Response:
    """Run it once, reading only, to see where its time goes."""
    return _try_it(fingerprint, is_run=True)


def _try_it(fingerprint: str, *, is_run: bool) -> Response:
    here = url_for("queries.show_statement", fingerprint=fingerprint, plan="run" if is_run else "now")
    try:
        found = explain_known(fingerprint, analyze=is_run)
    except ExplainRefused as problem:
        return done(here, toast=problem.detail)
    where = "on a replica" if found.where == "replica" else "on the server"
    held = f", {inside_words(fingerprint)}" if is_run else ""
    return done(here, toast=f"{RUN if is_run else PLANNED} {where}{held}.")


def segments(shown: Shown, fingerprint: str) -> list[dict[str, object]]:
    """Return the plans to choose from, for `ui.segments`."""
    return [
        {
            "label": WORDS[one], "current": one == shown.which,
            "href": url_for("queries.show_statement", fingerprint=fingerprint, plan=one, window=request.args.get("window")),
        }
        for one in shown.known
    ]  # fmt: skip


def taken_words(shown: Shown) -> str:
    """Return how the plan that is shown was had."""
    if shown.which == "diff":
        return "a line with + is new, one with − is gone"
    if shown.plan is None:
        return ""
    how = (
        f"by running it {inside_words(shown.plan.fingerprint)}; literals removed"
        if shown.which == "run"
        else "without running it, for any values"
    )
    return f"taken {how}"


def _explained(text: str, *, tree: PlanTree | None = None, error: str = "", status: int = 200) -> Response:
    shown: dict[str, Any] = {"query": text, "tree": tree, "error": error, "looks": looks}  # Any: a template's
    return page("queries/explain.html", status=status, **shown)
