"""Telling a worker, or every one, what to do, as page forms; the answer is a page with every reply."""

from collections.abc import Callable
from typing import Any

from flask import Response, abort, request

from app.core.access import allow
from app.core.broker import QUEUES
from app.core.errors import InvalidInput
from app.core.idempotency import once
from app.core.tasks import JOBS
from app.core.web import page
from app.queues.workers import reads, service
from app.queues.workers.problems import LastSlot
from app.queues.workers.telling import Reply
from app.queues.workers.views import looks
from app.queues.workers.views.blueprint import bp
from app.queues.workers.watch import read_snapshot

LONGEST_REASON = 500
Fields = dict[str, str]
ACTS: dict[str, Callable[[str, Fields], list[Reply]]] = {
    "pool": lambda node, sent: service.change_pool(node, choice(sent, "change", "grow", "shrink"), number(sent, "slots")),
    "autoscale": lambda node, sent: service.set_autoscale(node, number(sent, "lowest"), number(sent, "highest")),
    "consumers": lambda node, sent: service.change_consumers(
        node, choice(sent, "change", "add", "cancel"), sent.get("queue", "")
    ),
    "rate-limit": lambda node, sent: service.limit_rate(node, sent.get("job", ""), sent.get("rate", "")),
    "time-limit": lambda node, sent: service.limit_time(
        node, sent.get("job", ""), number(sent, "soft_s"), number(sent, "hard_s")
    ),
}  # fmt: skip
USUAL: dict[str, Fields] = {
    "pool": {"change": "grow", "slots": "1"}, "autoscale": {"lowest": "1", "highest": "4"},
    "consumers": {"change": "cancel"}, "rate-limit": {"rate": "10/m"}, "time-limit": {"soft_s": "300", "hard_s": "360"},
}  # fmt: skip


@bp.get("/<string:node>/<any('pool','autoscale','consumers','rate-limit','time-limit'):telling>")
@allow("queues:write", installation=True)
def ask_telling(node: str, telling: str) -> Response:
    """Ask what exactly, and say what it reaches."""
    values = USUAL[telling] | {key: value for key, value in request.args.items() if key in {"change", "queue", "job"}}
    return asking(node, telling, values)


@bp.post("/<string:node>/<any('pool','autoscale','consumers','rate-limit','time-limit'):telling>")
@allow("queues:write", installation=True)
@once
def create_telling(node: str, telling: str) -> Response:
    """Tell it, and show what each worker answered."""
    sent = {name: value.strip() for name, value in request.form.items()}
    try:
        replies = ACTS[telling](node, sent)
    except InvalidInput as problem:
        return asking(node, telling, sent, {one["field"]: one["message"] for one in problem.errors}, 422)
    except LastSlot as problem:
        return asking(node, telling, sent, {"slots": problem.sentence}, 409)
    return page("workers/replies.html", node=node, replies=replies, looks=looks, telling=telling)


@bp.get("/<string:node>/shutdown")
@allow("queues:destroy", installation=True)
def ask_shutdown(node: str) -> Response:
    """Say what is lost, and ask why."""
    return asking(node, "shutdown", {})


@bp.post("/<string:node>/shutdown")
@allow("queues:destroy", installation=True)
@once
def create_shutdown(node: str) -> Response:
    """Shut it down, with a reason, and show what each worker answered."""
    reason = request.form.get("reason", "").strip()
    if not reason or len(reason) > LONGEST_REASON or "\x00" in reason:
        errors = {"reason": f"Say why, in at most {LONGEST_REASON} characters."}
        return asking(node, "shutdown", {"reason": reason}, errors, 422)
    replies = service.shut_down(node, reason)
    return page("workers/replies.html", node=node, replies=replies, looks=looks, telling="shutdown")


def asking(node: str, telling: str, values: Fields, errors: Fields | None = None, status: int = 200) -> Response:
    """Return the page that asks, with whom it reaches."""
    known = read_snapshot()
    nodes = service.targets(node, known)
    meant = [one for one in (known.workers if known else []) if one.node in nodes]
    return page(
        "workers/telling.html", status=status, node=node, telling=telling, values=values, errors=errors or {},
        meant=meant, running=reads.list_running(meant), looks=looks, queues=sorted(QUEUES),
        jobs=[("", "Choose a job"), *((name, name) for name in sorted(JOBS))],
    )  # fmt: skip


def number(sent: Fields, name: str) -> int:
    """Return a field that is a whole number; 0, which no act takes, for anything else."""
    text = sent.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 9 else 0  # noqa: PLR2004 (more digits than any limit has)


def choice(sent: Fields, name: str, *allowed: str) -> Any:  # Any: the literal that the act names
    """Return a field that is one of a few words; a form never sends another."""
    if sent.get(name) not in allowed:
        abort(400, f"Give {name} as one of {', '.join(allowed)}")
    return sent[name]
