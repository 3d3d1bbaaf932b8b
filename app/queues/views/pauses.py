"""Holding a queue, a job name or a company's jobs, and letting them flow again. Both act at once and can be undone."""

from datetime import datetime, timedelta
from typing import Any

from flask import Response, request, url_for

from app.core import clock, live, tasks
from app.core.access import allow
from app.core.broker import QUEUES
from app.core.cursor import decode_cursor, encode_cursor
from app.core.errors import InvalidInput, NotFound
from app.core.idempotency import once
from app.core.jobs.model import Pause
from app.core.present import reader_zone, zone_info
from app.core.web import done, is_partial, page
from app.queues.service import pauses
from app.queues.service.pauses import PauseTooLong
from app.queues.views import held, wording
from app.queues.views.blueprint import queues_bp
from app.queues.views.steps import came_from, must_be_queue

USUAL_S = "3600"
LONGEST_REASON = 500
UNPROCESSABLE = 422


@queues_bp.post("/<string:queue>/pause")
@allow("queues:write", installation=True)
@once
def create_pause(queue: str) -> Response:
    """Hold a queue: for an hour, unless said otherwise."""
    must_be_queue(queue)
    return _hold("queue", queue, came_from(url_for("queues.show_queue", queue=queue)))


@queues_bp.get("/<string:queue>/pause")
@allow("queues:write", installation=True)
def ask_pause(queue: str) -> Response:
    """Ask for how long and why a queue is held."""
    must_be_queue(queue)
    return _asked("queue", queue, {}, 200)


@queues_bp.post("/<string:queue>/resume")
@allow("queues:write", installation=True)
@once
def resume_queue(queue: str) -> Response:
    """Let a held queue flow again; one that flows already stays so."""
    must_be_queue(queue)
    found = pauses.find_pause("queue", queue)
    back = came_from(url_for("queues.show_queue", queue=queue))
    return _let_go(found, back) if found else done(back, toast=f"{queue} was not paused.")


@queues_bp.get("/pauses")
@allow("queues:read", installation=True)
def list_pauses() -> Response:
    """Show what people hold, and hold more."""
    state = live.state("queues")
    template = "queues/pauses_live.html" if is_partial() else "queues/pauses.html"
    return page(template, live=state, **_frame(), **_form({}, {"kind": "name", "for_s": USUAL_S}))


@queues_bp.post("/pauses")
@allow("queues:write", installation=True)
@once
def create_any_pause() -> Response:
    """Hold a queue, a job name or a company's jobs."""
    kind = request.form.get("kind", "")
    return _hold(kind, request.form.get(kind, request.form.get("value", "")).strip(), url_for("queues.list_pauses"))


@queues_bp.post("/pauses/<string:pause_id>/resume")
@allow("queues:write", installation=True)
@once
def resume_pause(pause_id: str) -> Response:
    """Let what a pause holds flow again."""
    found = next((one for one in pauses.list_pauses() if one.id == pause_id), None)
    if found is None:
        raise NotFound
    return _let_go(found, came_from(url_for("queues.list_pauses")))


@queues_bp.post("/pauses/undo")
@allow("queues:write", installation=True)
@once
def undo_pause() -> Response:
    """Bring a pause back to how it was before an act: held as it was, or not at all."""
    kind, value, was_held, reason, until = decode_cursor(request.args.get("before", ""), str, str, int, str, str | None)
    back = came_from(url_for("queues.list_pauses"))
    if was_held:
        end = datetime.fromisoformat(until) if until else None
        if end is None or end > clock.now():
            pauses.pause(kind, value, reason, end)
            return done(back, toast=f"{value} is paused again.")
        return done(back, toast=f"The pause of {value} is over by now.")
    found = pauses.find_pause(kind, value)
    if found is not None:
        pauses.resume(found.id, "Undone")
    return done(back, toast=f"{value} flows again.")


def spans(now: datetime) -> list[tuple[str, str]]:
    """Return for how long one may hold: spans, the next convenient full hour, or until resumed."""
    local = now.astimezone(zone_info(reader_zone()))
    hour = (local + timedelta(hours=2)).replace(minute=0, second=0, microsecond=0)
    at = (f"at:{clock.rfc3339(hour)}", f"Until {hour:%H:%M}")
    return [("900", "15 minutes"), ("3600", "1 hour"), at, ("86400", "1 day"), ("", "Until somebody resumes")]


def read_until(text: str, now: datetime) -> datetime | None:
    """Return when a pause ends, from what the form sent.

    Raises:
        InvalidInput: It is none of the form's choices.
    """
    try:
        if text.startswith("at:"):
            return datetime.fromisoformat(text[3:])
        return now + timedelta(seconds=int(text)) if text else None
    except (ValueError, OverflowError):
        raise InvalidInput(errors=[{"field": "for_s", "message": "Choose for how long."}]) from None


def _hold(kind: str, value: str, back: str) -> Response:
    reason = request.form.get("reason", "").strip()
    errors: dict[str, str] = {}
    if len(reason) > LONGEST_REASON or "\x00" in reason:
        errors["reason"] = f"Give at most {LONGEST_REASON} characters."
    else:
        try:
            until = read_until(request.form.get("for_s", USUAL_S), clock.now())
            before = _token(kind, value)
            one = pauses.pause(kind, value, reason, until)
        except InvalidInput as problem:
            errors = {one["field"]: one["message"] for one in problem.errors}
        except PauseTooLong as problem:
            errors = {"for_s": problem.sentence}
    if errors:
        return _asked(kind, value, errors, UNPROCESSABLE)
    end = f"until {wording.until(one.until, clock.now())}" if one.until else "until somebody resumes"
    return done(back, toast=f"{value} is paused {end}.", undo=url_for("queues.undo_pause", before=before))


def _let_go(found: Pause, back: str) -> Response:
    before = _token(found.kind, found.value)
    pauses.resume(found.id)
    return done(back, toast=f"{found.value} flows again.", undo=url_for("queues.undo_pause", before=before))


def _token(kind: str, value: str) -> str:
    """Return what brings a pause back to how it is now."""
    found = pauses.find_pause(kind, value)
    if found is None:
        return encode_cursor(kind, value, 0, "", None)
    return encode_cursor(kind, value, 1, found.reason, found.until.isoformat() if found.until else None)


def _asked(kind: str, value: str, errors: dict[str, str], status: int) -> Response:
    sent = {name: request.form.get(name, "") for name in ("reason", "for_s")} if errors else {"for_s": USUAL_S}
    if kind == "queue" and value in QUEUES and request.path != url_for("queues.list_pauses"):
        return page(
            "queues/pause.html", status=status, queue=value, spans=spans(clock.now()), errors=errors, values=sent,
            current=pauses.find_pause("queue", value),
        )  # fmt: skip
    values = sent | {"kind": kind, kind: value}
    return page("queues/pauses.html", status=status, **_frame(), **_form(errors, values))


def _frame() -> dict[str, Any]:  # Any: what the template shows
    return {"paused": held.list_held(), "now_at": clock.now(), "wording": wording}


def _form(errors: dict[str, str], values: dict[str, str]) -> dict[str, Any]:  # Any: what the template shows
    return {
        "errors": errors, "values": values, "spans": spans(clock.now()), "queue_names": QUEUES,
        "job_names": sorted(tasks.JOBS),
    }  # fmt: skip
