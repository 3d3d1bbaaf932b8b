"""What is done to one schedule, as page forms."""

from typing import Any

from flask import Response, request, url_for

from app.accounts import reads as accounts
from app.core.access import allow
from app.core.idempotency import once
from app.core.web import done, page
from app.queues.schedules import reads, service
from app.queues.schedules.models import ScheduleScope
from app.queues.schedules.views.blueprint import bp

SPANS = (("3600", "1 hour"), ("14400", "4 hours"), ("86400", "1 day"), ("604800", "1 week"), ("", "Until I resume it"))
LONGEST_REASON = 500


@bp.get("/<string:schedule_id>/pause")
@allow("queues:write", installation=True)
def ask_pause(schedule_id: str) -> Response:
    """Ask how long, and why."""
    line = reads.find_line(schedule_id)
    return page("schedules/pause.html", line=line, spans=SPANS, values={"for_s": "86400"}, errors={})


@bp.post("/<string:schedule_id>/pause")
@allow("queues:write", installation=True)
@once
def create_pause(schedule_id: str) -> Response:
    """Hold it; the list's button says neither reason nor end."""
    reason, for_s = request.form.get("reason", "").strip(), request.form.get("for_s", "")
    errors = {}
    if for_s not in dict(SPANS):
        errors["for_s"] = "Choose for how long."
    if len(reason) > LONGEST_REASON or "\x00" in reason:
        errors["reason"] = f"Give at most {LONGEST_REASON} characters."
    if errors:
        line, values = reads.find_line(schedule_id), {"for_s": for_s, "reason": reason}
        return page("schedules/pause.html", status=422, line=line, spans=SPANS, values=values, errors=errors)
    row = service.pause_schedule(schedule_id, reason=reason, for_s=int(for_s) if for_s else None)
    undo = url_for("schedules.create_resumption", schedule_id=schedule_id)
    return done(back_to(schedule_id), toast=f"{row.title} is paused.", undo=undo)


@bp.post("/<string:schedule_id>/resumption")
@allow("queues:write", installation=True)
@once
def create_resumption(schedule_id: str) -> Response:
    """Let it run again."""
    row = service.resume_schedule(schedule_id)
    undo = url_for("schedules.create_pause", schedule_id=schedule_id)
    return done(back_to(schedule_id), toast=f"{row.title} runs again.", undo=undo)


@bp.post("/<string:schedule_id>/skip")
@allow("queues:write", installation=True)
@once
def create_skip(schedule_id: str) -> Response:
    """Pass over the next time."""
    row = service.skip_next(schedule_id)
    undo = url_for("schedules.remove_skip", schedule_id=schedule_id)
    return done(back_to(schedule_id), toast=f"{row.title} passes over its next time.", undo=undo)


@bp.post("/<string:schedule_id>/unskip")
@allow("queues:write", installation=True)
@once
def remove_skip(schedule_id: str) -> Response:
    """Let the time that was skipped be due after all."""
    row = service.take_back_skip(schedule_id)
    return done(back_to(schedule_id), toast=f"{row.title} runs at that time after all.")


@bp.get("/<string:schedule_id>/run")
@allow("queues:write", installation=True)
def ask_run(schedule_id: str) -> Response:
    """Say whom it reaches, and ask."""
    return page("schedules/run.html", line=reads.find_line(schedule_id), **reach_of(schedule_id))


@bp.post("/<string:schedule_id>/run")
@allow("queues:write", installation=True)
@once
def create_run(schedule_id: str) -> Response:
    """Run it now."""
    row = service.run_now(schedule_id)
    return done(back_to(schedule_id), toast=f"{row.title} is queued.")


@bp.get("/<string:schedule_id>/removal")
@allow("queues:write", installation=True)
def ask_removal(schedule_id: str) -> Response:
    """Say what goes, and ask why."""
    return page("schedules/removal.html", line=reads.find_line(schedule_id), errors={}, reason="")


@bp.post("/<string:schedule_id>/removal")
@allow("queues:write", installation=True)
@once
def create_removal(schedule_id: str) -> Response:
    """Delete it, with a reason."""
    reason = request.form.get("reason", "").strip()
    if not reason or len(reason) > LONGEST_REASON or "\x00" in reason:
        errors = {"reason": f"Say why, in at most {LONGEST_REASON} characters."}
        line = reads.find_line(schedule_id)
        return page("schedules/removal.html", status=422, line=line, errors=errors, reason=reason)
    title = reads.find_schedule(schedule_id).title
    service.delete_schedule(schedule_id, reason=reason)
    return done(url_for("schedules.list_schedules"), toast=f"{title} is deleted.")


def reach_of(schedule_id: str) -> dict[str, Any]:  # Any: what the template shows
    """Return how many companies a run reaches; None for one of the installation."""
    is_each = reads.find_schedule(schedule_id).scope == ScheduleScope.EACH_COMPANY
    return {"reached": len(accounts.list_active_companies()) if is_each else None}


def back_to(schedule_id: str) -> str:
    """Return the page the act was on: the list, or the schedule itself."""
    if request.form.get("back") == "list":
        return url_for("schedules.list_schedules")
    return url_for("schedules.show_schedule", schedule_id=schedule_id)
