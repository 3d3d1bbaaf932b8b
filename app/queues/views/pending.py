"""What is done to one job that waits, as page forms."""

from flask import Response, request, url_for

from app.core.access import allow
from app.core.broker import QUEUES
from app.core.errors import InvalidInput
from app.core.idempotency import once
from app.core.web import done, page
from app.queues.pending import find_living
from app.queues.service import pending as service
from app.queues.views.blueprint import queues_bp

LONGEST_REASON = 500
UNPROCESSABLE = 422


@queues_bp.get("/<string:queue>/pending/<string:job_id>/discard")
@allow("queues:write", installation=True)
def ask_discard(queue: str, job_id: str) -> Response:
    """Ask before a waiting job is given up, and for the reason."""
    return page("queues/discard.html", job=find_living(queue, job_id), errors={}, reason="")


@queues_bp.post("/<string:queue>/pending/<string:job_id>/discard")
@allow("queues:write", installation=True)
@once
def discard_pending(queue: str, job_id: str) -> Response:
    """Give a waiting job up."""
    reason = request.form.get("reason", "").strip()
    job = find_living(queue, job_id)
    error = reason_error(reason)
    if error:
        return page("queues/discard.html", status=UNPROCESSABLE, job=job, errors={"reason": error}, reason=reason)
    service.discard_waiting(queue, job_id, reason=reason)
    undo = url_for("queues.ask_again", queue=queue, job_id=job_id) if job.is_exact else None
    return _back(queue, f"{job.title} is discarded: it will not run.", undo)


@queues_bp.post("/<string:queue>/pending/<string:job_id>/again")
@allow("queues:write", installation=True)
@once
def ask_again(queue: str, job_id: str) -> Response:
    """Queue a discarded job once more."""
    job = service.ask_again(queue, job_id)
    return _back(queue, f"{job.title} waits again.")


@queues_bp.post("/<string:queue>/pending/<string:job_id>/priority")
@allow("queues:write", installation=True)
@once
def update_priority(queue: str, job_id: str) -> Response:
    """Let a waiting job go sooner or later."""
    before = find_living(queue, job_id)
    text = request.form.get("priority", request.args.get("priority", ""))
    priority = int(text) if text.removeprefix("-").isdecimal() and len(text) < 4 else 99  # noqa: PLR2004 (refused below)
    service.set_priority(queue, job_id, priority)
    undo = url_for("queues.update_priority", queue=queue, job_id=job_id, priority=before.priority)
    return _back(queue, f"{before.title} has priority {priority} now.", undo)


@queues_bp.get("/<string:queue>/pending/<string:job_id>/move")
@allow("queues:write", installation=True)
def ask_move(queue: str, job_id: str) -> Response:
    """Ask which queue a waiting job goes to."""
    return _move_page(queue, job_id, {}, 200)


@queues_bp.post("/<string:queue>/pending/<string:job_id>/move")
@allow("queues:write", installation=True)
@once
def move_pending(queue: str, job_id: str) -> Response:
    """Let a waiting job wait in another queue."""
    to = request.form.get("to", request.args.get("to", ""))
    try:
        job = service.move_waiting(queue, job_id, to)
    except InvalidInput as problem:
        return _move_page(queue, job_id, {one["field"]: one["message"] for one in problem.errors}, UNPROCESSABLE)
    undo = url_for("queues.move_pending", queue=to, job_id=job_id, to=queue)
    return _back(queue, f"{job.title} waits in {to} now.", undo)


def reason_error(reason: str) -> str | None:
    """Return what is wrong with a reason that must be given; None when it will do."""
    if not reason:
        return "Write why: it is kept in the audit, and whoever misses the job reads it."
    if len(reason) > LONGEST_REASON or "\x00" in reason:
        return f"Give at most {LONGEST_REASON} characters."
    return None


def _move_page(queue: str, job_id: str, errors: dict[str, str], status: int) -> Response:
    others = [name for name in QUEUES if name != queue]
    return page("queues/move.html", status=status, job=find_living(queue, job_id), others=others, errors=errors)


def _back(queue: str, toast: str, undo: str | None = None) -> Response:
    return done(url_for("queues.show_queue", queue=queue) + "#pending", toast=toast, undo=undo)
