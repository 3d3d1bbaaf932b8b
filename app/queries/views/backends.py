"""Stopping what runs: cancelling wants a reason, ending a connection wants its process id typed, too."""

from datetime import datetime

from flask import Response, request, url_for

from app.core.access import allow
from app.core.errors import InvalidInput
from app.core.idempotency import once
from app.core.web import done, page
from app.queries.panels.api import check_typed
from app.queries.panels.problems import BackendGone
from app.queries.panels.stopping import How, find_backend, stop_backend
from app.queries.views import looks
from app.queries.views.blueprint import bp

LONGEST_REASON, UNPROCESSABLE = 500, 422


@bp.get("/live/<int:pid>/cancellation")
@allow("queries:destroy", installation=True)
def ask_cancellation(pid: int) -> Response:
    """Ask before a statement is cancelled, and say who waits for it."""
    return _ask(pid, _started(request.args.get("started", "")), How.CANCEL, {}, "", 200)


@bp.get("/live/<int:pid>/termination")
@allow("queries:destroy", installation=True)
def ask_termination(pid: int) -> Response:
    """Ask before a connection is ended, and say what that undoes."""
    return _ask(pid, _started(request.args.get("started", "")), How.TERMINATE, {}, "", 200)


@bp.post("/live/<int:pid>/cancellation")
@allow("queries:destroy", installation=True)
@once
def cancel_backend(pid: int) -> Response:
    """Cancel the statement a backend runs."""
    return _stop(pid, How.CANCEL, f"The statement of backend {pid} is cancelled.")


@bp.post("/live/<int:pid>/termination")
@allow("queries:destroy", installation=True)
@once
def terminate_backend(pid: int) -> Response:
    """End a backend's connection."""
    return _stop(pid, How.TERMINATE, f"The connection of backend {pid} is ended and its transaction rolled back.")


def _stop(pid: int, how: How, toast: str) -> Response:
    started, reason = _started(request.form.get("started", "")), request.form.get("reason", "").strip()
    errors = {}
    if not reason or len(reason) > LONGEST_REASON or "\x00" in reason:
        errors["reason"] = (
            f"Give at most {LONGEST_REASON} characters." if reason else "Say why: it is kept in the audit."
        )
    if how is How.TERMINATE:
        try:
            check_typed(pid, request.form.get("typed", ""))
        except InvalidInput as problem:
            errors |= {one["field"]: one["message"] for one in problem.errors}
    if errors:
        return _ask(pid, started, how, errors, reason, UNPROCESSABLE)
    stop_backend(pid, started, how=how, reason=reason)
    return done(url_for("queries.show_live"), toast=toast)


def _ask(pid: int, started: datetime, how: How, errors: dict[str, str], reason: str, status: int) -> Response:
    backend, held_up = find_backend(pid, started)
    return page(
        f"queries/live/{how.value}.html", status=status, backend=backend, held_up=held_up, errors=errors,
        reason=reason, looks=looks,
    )  # fmt: skip


def _started(text: str) -> datetime:
    """Return when a connection began.

    Raises:
        BackendGone: It is no instant: the address is nobody's.
    """
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise BackendGone from None
    if at.tzinfo is None:
        raise BackendGone
    return at
