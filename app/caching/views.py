"""The page of the cache, and the page that asks before something is purged."""

from typing import cast

from flask import Blueprint, Response, request, url_for

from app.caching import service, verdict
from app.caching.problems import NothingKept
from app.caching.reads import CacheView, read_cache
from app.caching.schemas import KINDS, Kind
from app.core import clock, live
from app.core.access import allow
from app.core.cache import tags
from app.core.idempotency import once
from app.core.web import done, is_partial, page

bp = Blueprint("cache", __name__, url_prefix="/cache")
LONGEST_REASON, UNPROCESSABLE = 500, 422
TOPIC = "cache"


@bp.get("")
@allow("cache:read", installation=True)
def show_cache() -> Response:
    """Show how often the cache helped, and which values matter most."""
    state = live.state(TOPIC)
    view = read_cache()
    return page(
        "cache/list.html" if is_partial() else "cache/index.html",
        live=state, view=view, verdict=verdict.verdict_of(view), took=verdict.took, read_at=clock.now(),
    )  # fmt: skip


@bp.get("/purge")
@allow("cache:write", installation=True)
def ask_purge() -> Response:
    """Ask before something is purged, and say what that reaches."""
    kind, value = request.args.get("kind", "everything"), request.args.get("value", "")
    return _ask(kind if kind in KINDS else "everything", value, "", {}, 200)


@bp.post("/purge")
@allow("cache:write", installation=True)
@once
def create_purge() -> Response:
    """Purge."""
    kind, value = request.form.get("kind", ""), request.form.get("value", "").strip()
    reason = request.form.get("reason", "").strip()
    errors = {}
    if kind not in KINDS:
        kind, errors["kind"] = "everything", "Choose what is purged."
    value = "" if kind == "everything" else value
    if not reason or len(reason) > LONGEST_REASON or "\x00" in reason:
        errors["reason"] = f"Write why, in at most {LONGEST_REASON} characters: it is kept in the audit."
    try:
        service.tags_of(cast("Kind", kind), value)
    except NothingKept:
        errors["value"] = "Nothing of that name is kept."
    if errors:
        return _ask(kind, value, reason, errors, UNPROCESSABLE)
    is_told = service.purge(cast("Kind", kind), value, reason=reason)
    what = {"everything": "The whole cache", "company": f"What is kept of {value}"}.get(kind, value)
    when = "is purged" if is_told else "is purged as soon as Valkey answers"
    return done(url_for("cache.show_cache"), toast=f"{what} {when}.")


def _ask(kind: str, value: str, reason: str, errors: dict[str, str], status: int) -> Response:
    view = read_cache()
    return page(
        "cache/purge.html", status=status, kind=kind, value=value, reason=reason, errors=errors,
        reads=reads_reached(view, kind, value), tables=sorted(tags.watched | tags.watched_anywhere), took=verdict.took,
    )  # fmt: skip


def reads_reached(view: CacheView, kind: str, value: str) -> tuple[int, float]:
    """Return how many reads of the last hour a purge would have sent to the database at most, and their work in ms."""
    reached = [
        one
        for one in view.namespaces
        if kind in ("everything", "company") or one.name == value or (kind == "table" and value in one.tables)
    ]
    return sum(one.spared for one in reached), sum(one.saved_ms for one in reached)
