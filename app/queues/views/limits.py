"""How many jobs of a queue run at once, and how long they should wait at most. Empty is as the environment says."""

from flask import Response, current_app, request, url_for
from pydantic.alias_generators import to_camel

from app.core.access import allow
from app.core.cursor import decode_cursor, encode_cursor
from app.core.errors import InvalidInput
from app.core.idempotency import once
from app.core.jobs.limits import TARGET_WAIT_S, TARGETS_S
from app.core.web import done, page
from app.queues.service import limits as service
from app.queues.views import wording
from app.queues.views.blueprint import queues_bp
from app.queues.views.steps import must_be_queue
from config import Settings

FIELDS = ("concurrency", "target_wait_s")
DIGITS = 8
UNPROCESSABLE = 422


@queues_bp.get("/<string:queue>/limits")
@allow("queues:write", installation=True)
def edit_limits(queue: str) -> Response:
    """Show the limits as a form."""
    row = service.find_limits(must_be_queue(queue))
    values = {name: getattr(row, name) for name in FIELDS} if row else {}
    return _show(queue, {name: str(value) for name, value in values.items() if value is not None}, {}, 200)


@queues_bp.post("/<string:queue>/limits")
@allow("queues:write", installation=True)
@once
def update_limits(queue: str) -> Response:
    """Change the limits, or show the form again with what is wrong."""
    must_be_queue(queue)
    typed = {name: request.form.get(name, "").strip() for name in FIELDS}
    wanted = {name: read_figure(text) for name, text in typed.items()}
    before = service.find_limits(queue)
    undo = encode_cursor(*(getattr(before, name, None) for name in FIELDS))
    try:
        service.change_limits(queue, **wanted)
    except InvalidInput as problem:
        said = {one["field"]: one["message"] for one in problem.errors}
        errors = {name: said[to_camel(name)] for name in FIELDS if to_camel(name) in said}
        return _show(queue, typed, errors, UNPROCESSABLE)
    return done(
        url_for("queues.show_queue", queue=queue), toast=f"{queue} has its new limits.",
        undo=url_for("queues.undo_limits", queue=queue, before=undo),
    )  # fmt: skip


@queues_bp.post("/<string:queue>/limits/undo")
@allow("queues:write", installation=True)
@once
def undo_limits(queue: str) -> Response:
    """Give a queue the limits back that it had before an act."""
    must_be_queue(queue)
    before = decode_cursor(request.args.get("before", ""), *[int | None] * len(FIELDS))
    service.change_limits(queue, **dict(zip(FIELDS, before, strict=True)))
    return done(url_for("queues.show_queue", queue=queue), toast=f"{queue} has the limits it had before.")


def read_figure(text: str) -> int | None:
    """Return a typed figure; None for an empty field, 0 (which is refused) for what is no figure."""
    if not text:
        return None
    return int(text) if text.isdecimal() and len(text) <= DIGITS else 0


def _show(queue: str, values: dict[str, str], errors: dict[str, str], status: int) -> Response:
    settings: Settings = current_app.config["SETTINGS"]
    return page(
        "queues/limits.html", status=status, queue=queue, values=values, errors=errors, wording=wording,
        usual={"concurrency": settings.slots_of(queue), "target_wait_s": TARGETS_S.get(queue, TARGET_WAIT_S)},
    )  # fmt: skip
