"""Indexes to make and to drop: what was found, what it rests on, the migration, and what came of it."""

from flask import Response, request, url_for

from app.core import live
from app.core.access import allow
from app.core.idempotency import once
from app.core.web import done, is_partial, page
from app.queries.advisor import acts, reads
from app.queries.advisor.migration import write_migration
from app.queries.models import Advice
from app.queries.views import advice_looks, looks
from app.queries.views.blueprint import bp
from app.queries.views.tabs import tabs

READ, WRITE = "queries:read", "queries:write"
LONGEST_REASON, UNPROCESSABLE = 500, 422


@bp.get("/advice")
@allow(READ, installation=True)
def list_advice() -> Response:
    """Everything that was found, what matters most first."""
    state = live.state("queries")
    found = reads.list_advice()
    sure = [one for one in found if not one.evidence.get("why_not")]
    groups = {
        "create": [one for one in sure if one.kind == "create"],
        "drop": [one for one in sure if one.kind != "create"],
        "unsure": [one for one in found if one.evidence.get("why_not")],
        "built": reads.list_advice(reads.BUILT),
        "dismissed": reads.list_advice(("dismissed",)),
    }
    return page(
        "queries/advice/list.html" if is_partial() else "queries/advice/index.html",
        live=state, groups=groups, looked=reads.read_looks(), looks=advice_looks,
        verdict=advice_looks.verdict_of(groups), tabs=[] if is_partial() else tabs("advice"),
    )  # fmt: skip


@bp.post("/advice/look")
@allow(WRITE, installation=True)
@once
def create_look() -> Response:
    """Have the workload looked at now."""
    acts.ask_look()
    return done(url_for("queries.list_advice"), toast="Looking. What is found appears here.")


@bp.get("/advice/<string:advice_id>")
@allow(READ, installation=True)
def show_advice(advice_id: str) -> Response:
    """One index: the statement that makes it, what it rests on, and what it did."""
    state = live.state("queries")
    found = reads.find_advice(advice_id)
    return page(
        "queries/advice/detail.html" if is_partial() else "queries/advice/show.html",
        live=state, found=found, looks=advice_looks, sql=looks,
    )  # fmt: skip


@bp.get("/advice/<string:advice_id>/migration.py")
@allow(READ, installation=True)
def export_migration(advice_id: str) -> Response:
    """Send it as an Alembic migration that follows the revision the database is at."""
    found = reads.find_advice(advice_id)
    text = migration_of(found)
    headers = {"Content-Disposition": f'attachment; filename="advice_{found.id}.py"'}
    return Response(text, mimetype="text/x-python", headers=headers)


@bp.get("/advice/<string:advice_id>/dismissal")
@allow(WRITE, installation=True)
def ask_dismissal(advice_id: str) -> Response:
    """Ask why it is not wanted."""
    return _asked(advice_id, {}, 200)


@bp.post("/advice/<string:advice_id>/dismissal")
@allow(WRITE, installation=True)
@once
def create_dismissal(advice_id: str) -> Response:
    """Leave it out of every list from now on."""
    reason = request.form.get("reason", "").strip()
    if not reason or len(reason) > LONGEST_REASON or "\x00" in reason:
        words = f"Give at most {LONGEST_REASON} characters." if reason else "Say why it is not wanted."
        return _asked(advice_id, {"reason": words}, UNPROCESSABLE)
    found = acts.dismiss(advice_id, reason)
    return done(
        url_for("queries.list_advice"), toast=f"{found.index_name} is not proposed any more.",
        undo=url_for("queries.undo_dismissal", advice_id=advice_id),
    )  # fmt: skip


@bp.post("/advice/<string:advice_id>/dismissal/undo")
@allow(WRITE, installation=True)
@once
def undo_dismissal(advice_id: str) -> Response:
    """Propose it again."""
    acts.reopen(advice_id)
    return done(url_for("queries.show_advice", advice_id=advice_id), toast="Proposed again.")


def migration_of(found: Advice) -> str:
    """Write its migration."""
    title = advice_looks.title_of(found)
    return write_migration(found.kind, found.definition, found.evidence, title, reads.migration_head(), found.id)


def _asked(advice_id: str, errors: dict[str, str], status: int) -> Response:
    return page(
        "queries/advice/dismissal.html", status=status, found=reads.find_advice(advice_id), looks=advice_looks,
        errors=errors, reason=request.form.get("reason", ""),
    )  # fmt: skip
