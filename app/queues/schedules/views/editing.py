"""Making and changing a schedule, with its cron line in words while it is typed."""

import json
from typing import Any

from flask import Response, current_app, request, url_for

from app.core.access import allow
from app.core.errors import InvalidInput, VersionConflict
from app.core.idempotency import once
from app.core.web import done, fragment, page
from app.queues.schedules import offers, reads, service
from app.queues.schedules.answers import preview_of
from app.queues.schedules.models import Schedule, ScheduleScope
from app.queues.schedules.views.blueprint import bp
from app.queues.schedules.views.looks import GRACES

FIELDS = ("title", "job", "cron", "timezone", "scope", "grace_s", "args")
SCOPES = ((ScheduleScope.INSTALLATION, "Once, for the installation"), (ScheduleScope.EACH_COMPANY, "Once in every active company"))  # fmt: skip
LONGEST = {"args": 10_000, "cron": 100}


@bp.get("/new")
@allow("queues:write", installation=True)
def ask_schedule() -> Response:
    """Show an empty form; it begins with a line that most people want to change."""
    zone = current_app.config["SETTINGS"].default_timezone
    values = {"cron": "0 9 * * 1-5", "timezone": zone, "scope": "installation", "grace_s": "3600", "args": "{}"}
    return form_page(values)


@bp.post("")
@allow("queues:write", installation=True)
@once
def create_schedule() -> Response:
    """Make it; a mistake, or the wish to see its times first, comes back with the form as it was sent."""
    values = sent()
    if "preview" in request.form:
        return form_page(values)
    try:
        row = service.create_schedule(plan_from(values))
    except InvalidInput as problem:
        return form_page(values, errors=faults(problem), status=422)
    where = url_for("schedules.show_schedule", schedule_id=row.id)
    return done(where, toast=f"{row.title} is scheduled.")


@bp.get("/preview")
@allow("queues:read", installation=True)
def preview_cron() -> Response:
    """Show a cron line in words with its next times, while somebody types it."""
    said = preview_of(request.args.get("cron", "")[:200], request.args.get("timezone", "")[:100])
    return fragment("schedules/_preview.html", preview=said)


@bp.get("/<string:schedule_id>/edit")
@allow("queues:write", installation=True)
def edit_schedule(schedule_id: str) -> Response:
    """Show a schedule as a form."""
    row = reads.find_schedule(schedule_id)
    return form_page(values_of(row), row=row)


@bp.post("/<string:schedule_id>/edit")
@allow("queues:write", installation=True)
@once
def update_schedule(schedule_id: str) -> Response:
    """Change it, or show the form again with what is wrong."""
    row, values = reads.find_schedule(schedule_id), sent()
    if "preview" in request.form:
        return form_page(values, row=row)
    version = request.form.get("version", "")
    seen = int(version) if version.isdecimal() and len(version) < 19 else 0  # noqa: PLR2004 (a bigint's digits)
    try:
        service.change_schedule(schedule_id, plan_from(values), version=seen)
    except InvalidInput as problem:
        return form_page(values, row=row, errors=faults(problem), status=422)
    except VersionConflict as conflict:
        return form_page(values, row=row, conflict=conflict.changed, status=409)
    where = url_for("schedules.show_schedule", schedule_id=schedule_id)
    return done(where, toast=f"{values['title']} is changed.")


def form_page(
    values: dict[str, str],
    *,
    row: Schedule | None = None,
    errors: dict[str, str] | None = None,
    conflict: dict[str, Any] | None = None,
    status: int = 200,
) -> Response:
    """Return the form, with what the cron line says now."""
    names = offers.offered()
    if row is not None and row.job not in names:
        names = [row.job, *names]
    preview = preview_of(values.get("cron", ""), values.get("timezone", ""))
    return page(
        "schedules/form.html", status=status, row=row, values=values, errors=errors or {}, conflict=conflict,
        preview=preview, scopes=SCOPES, graces=graces_for(values.get("grace_s", "")),
        jobs=[("", "Choose a job"), *((name, name) for name in names)],
        takes={name: offers.says_parameters(name) for name in names},
    )  # fmt: skip


def graces_for(grace_s: str) -> list[tuple[str, str]]:
    """Return the choices, with the present value among them."""
    known = dict(GRACES)
    own = [] if grace_s in known or not grace_s.isdecimal() else [(grace_s, f"Up to {grace_s} seconds late")]
    return [*GRACES, *own]


def sent() -> dict[str, str]:
    """Return the fields as they were sent, so that a form comes back as it was."""
    return {name: request.form.get(name, "").strip() for name in FIELDS}


def values_of(row: Schedule) -> dict[str, str]:
    """Return a schedule as the fields of its form."""
    values = {name: str(getattr(row, name)) for name in FIELDS}
    return values | {"args": json.dumps(row.args, indent=2, ensure_ascii=False)}


def plan_from(values: dict[str, str]) -> service.Plan:
    """Return what the form says.

    Raises:
        InvalidInput: A field cannot be read.
    """
    args, errors = read_args(values["args"])
    if not values["title"]:
        errors["title"] = "This is needed."
    for name, value in values.items():
        if len(value) > LONGEST.get(name, 200):
            errors[name] = f"Write at most {LONGEST.get(name, 200):,} characters."
        elif "\x00" in value:
            errors[name] = "This contains the NUL character, which cannot be stored."
    if values["scope"] not in [scope.value for scope, _ in SCOPES]:
        errors["scope"] = "Choose one of these."
    if not (values["grace_s"].isdecimal() and len(values["grace_s"]) < 9):  # noqa: PLR2004 (a week has six digits)
        errors["grace_s"] = "Choose one of these."
    if errors:
        raise InvalidInput(errors=[{"field": name, "message": said} for name, said in errors.items()])
    return service.Plan(
        title=values["title"], job=values["job"], cron=values["cron"], timezone=values["timezone"],
        scope=ScheduleScope(values["scope"]), grace_s=int(values["grace_s"]), args=args,
    )  # fmt: skip


def read_args(text: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the arguments somebody typed, or what is wrong with them."""
    try:
        args = json.loads(text or "{}")
    except (ValueError, RecursionError):
        args = None
    if isinstance(args, dict):
        return args, {}
    return {}, {"args": 'Write names and values as JSON, such as {"kind": "sales"}.'}


def faults(problem: InvalidInput) -> dict[str, str]:
    """Return field → sentence, by the names the form has."""
    return {("grace_s" if one["field"] == "graceS" else one["field"]): one["message"] for one in problem.errors}
