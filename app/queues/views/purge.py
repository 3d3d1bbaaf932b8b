"""Emptying a queue: asked with what it deletes and what is rung again; wants a reason and the queue's name, typed."""

from flask import Response, request, url_for

from app.core.access import allow
from app.core.errors import InvalidInput
from app.core.idempotency import once
from app.core.present import plural
from app.core.web import done, page
from app.queues.service import purge as service
from app.queues.views.blueprint import queues_bp
from app.queues.views.pending import UNPROCESSABLE, reason_error
from app.queues.views.steps import must_be_queue


@queues_bp.get("/<string:queue>/purge")
@allow("queues:destroy", installation=True)
def ask_purge(queue: str) -> Response:
    """Ask before a queue is emptied, and say what that reaches."""
    must_be_queue(queue)
    return _show(queue, {}, {"what": "messages"}, 200)


@queues_bp.post("/<string:queue>/purge")
@allow("queues:destroy", installation=True)
@once
def purge_queue(queue: str) -> Response:
    """Empty a queue."""
    must_be_queue(queue)
    values = {name: request.form.get(name, "").strip() for name in ("reason", "typed", "what")}
    error = reason_error(values["reason"])
    errors = {"reason": error} if error else {}
    try:
        service.check_typed(queue, values["typed"])
    except InvalidInput as problem:
        errors |= {one["field"]: one["message"] for one in problem.errors}
    if errors:
        return _show(queue, errors, values, UNPROCESSABLE)
    purged = service.purge_queue(queue, reason=values["reason"], with_jobs=values["what"] == "jobs")
    return done(url_for("queues.show_queue", queue=queue), toast=said(queue, purged))


def said(queue: str, purged: service.Purged) -> str:
    """Return what a purge did, in a sentence."""
    parts = [f"{plural(purged.messages, 'message')} deleted from the broker"]
    if purged.jobs:
        parts.append(f"{plural(purged.jobs, 'job')} discarded")
    if purged.rung:
        parts.append(f"{plural(purged.rung, 'job')} rung again")
    more = " More jobs wait: purge again." if purged.more else ""
    return f"{queue} is purged: {', '.join(parts)}.{more}"


def _show(queue: str, errors: dict[str, str], values: dict[str, str], status: int) -> Response:
    return page(
        "queues/purge.html", status=status, queue=queue, reach=service.reach_of(queue), errors=errors, values=values,
        most=service.MOST_AT_ONCE,
    )  # fmt: skip
