"""Saying that a statement's cost is known and fine, and taking it back."""

from flask import Response, request, url_for

from app.core.access import allow
from app.core.cursor import decode_cursor, encode_cursor
from app.core.idempotency import once
from app.core.web import done, page
from app.queries import known
from app.queries.models import Statement
from app.queries.reads import statements as reads
from app.queries.reads.statements import span_of
from app.queries.views import looks
from app.queries.views.blueprint import bp

LONGEST_REASON, UNPROCESSABLE = 500, 422


@bp.get("/<string:fingerprint>/known")
@allow("queries:write", installation=True)
def ask_known(fingerprint: str) -> Response:
    """Ask before a statement is marked as known, and say what that means."""
    return _asked(fingerprint, {}, 200)


@bp.post("/<string:fingerprint>/known")
@allow("queries:write", installation=True)
@once
def create_known(fingerprint: str) -> Response:
    """Mark it as known."""
    reason = request.form.get("reason", "").strip()
    if not reason or len(reason) > LONGEST_REASON or "\x00" in reason:
        words = f"Give at most {LONGEST_REASON} characters." if reason else "Say why its cost is fine."
        return _asked(fingerprint, {"reason": words}, UNPROCESSABLE)
    before = _kept(known.find_mark(fingerprint))
    known.mark_known(fingerprint, reason)
    return done(
        _here(fingerprint), toast="Marked as known: nobody is told of it until its plan changes.",
        undo=url_for("queries.undo_known", fingerprint=fingerprint, before=before),
    )  # fmt: skip


@bp.post("/<string:fingerprint>/watched")
@allow("queries:write", installation=True)
@once
def create_watched(fingerprint: str) -> Response:
    """Watch it again as all others."""
    before = _kept(known.find_mark(fingerprint))
    known.watch_again(fingerprint)
    return done(
        _here(fingerprint), toast="Watched again.",
        undo=url_for("queries.undo_known", fingerprint=fingerprint, before=before),
    )  # fmt: skip


@bp.post("/<string:fingerprint>/known/undo")
@allow("queries:write", installation=True)
@once
def undo_known(fingerprint: str) -> Response:
    """Bring the mark back to how it was before an act."""
    was_known, reason = decode_cursor(request.args.get("before", ""), int, str | None)
    if was_known:
        known.mark_known(fingerprint, reason)
        return done(_here(fingerprint), toast="Known again.")
    known.watch_again(fingerprint, "Undone")
    return done(_here(fingerprint), toast="Watched again.")


def _kept(one: Statement) -> str:
    return encode_cursor(int(one.known_at is not None), one.known_reason)


def _here(fingerprint: str) -> str:
    return url_for("queries.show_statement", fingerprint=fingerprint)


def _asked(fingerprint: str, errors: dict[str, str], status: int) -> Response:
    return page(
        "queries/known.html", status=status, one=reads.find_statement(fingerprint, span_of("1h")), looks=looks,
        errors=errors, reason=request.form.get("reason", ""),
    )  # fmt: skip
