"""Pages of migrations: the list with its form, one migration with its stages, and the questions before acts."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, request, url_for

from app.core import live
from app.core.access import allow
from app.core.auth import can
from app.core.errors import InvalidInput, NotFound, Problem
from app.core.idempotency import once
from app.core.installation import installation
from app.core.web import done, page
from app.storage import mirroring, providers, routing
from app.storage.migrating import reads, service, shown
from app.storage.migrating.events import MigrationChanged
from app.storage.migrating.phases import OVER
from app.storage.models import Migration
from app.storage.states import Category

migrations_bp = Blueprint("storage_migrations", __name__, url_prefix="/storage/migrations")
MIB = 1 << 20
UNPROCESSABLE = 422
LONGEST_REASON, DIGITS = 500, 12
NUMBERS = ("objects_per_s", "mib_per_s", "threads", "verify_percent", "grace_days")


@dataclass(frozen=True, slots=True)
class Act:
    """One thing to do with a migration.

    Attributes:
        rung: Of the danger ladder; 0 acts at once.
        can: Who may.
    """

    work: Callable[[Migration, dict[str, str]], object]
    said: str
    rung: int = 0
    can: str = "storage:write"


ACTS = {
    "start": Act(lambda row, _: service.start(row.id), "Copying begins.", 1),
    "pause": Act(lambda row, _: service.pause(row.id), "Paused between two files."),
    "resume": Act(lambda row, _: service.resume(row.id), "It goes on."),
    "retry": Act(lambda row, _: service.try_again(row.id), "What failed is tried again."),
    "stop": Act(lambda row, form: service.stop(row.id, form["reason"]), "Stopped. No file was switched.", 2),
    "switch": Act(lambda row, form: service.switch(row.id, form["reason"]), "Switching begins.", 2),
    "rollback": Act(lambda row, form: service.roll_back(row.id, form["reason"]), "Going back begins.", 2),
    "removal": Act(
        lambda row, form: service.remove(row.id, typed=form["typed"], reason=form["reason"]),
        "Old files are being removed.", 3, "storage:destroy",
    ),
}  # fmt: skip


@migrations_bp.get("")
@allow("storage:read", installation=True)
def list_migrations() -> Response:
    """Show all migrations, where new files go, and the form of a new one."""
    return _list({}, {}, 200)


@migrations_bp.post("")
@allow("storage:write", installation=True)
@once
def plan_migration() -> Response:
    """Try a migration out: count what it would do."""
    typed = {name: request.form.get(name, "").strip() for name in ("source", "target", "company", "category")}
    try:
        row = service.plan(typed["source"], typed["target"], company=typed["company"], category=typed["category"])
    except InvalidInput as problem:
        return _list(typed, {one["field"]: one["message"] for one in problem.errors}, UNPROCESSABLE)
    except Problem as problem:
        return _list(typed, {"target": problem.sentence}, UNPROCESSABLE)
    return done(url_for("storage_migrations.show_migration", migration_id=row.id), toast="Counted. Nothing was moved.")


@migrations_bp.get("/<string:migration_id>")
@allow("storage:read", installation=True)
def show_migration(migration_id: str) -> Response:
    """Show one migration: stages, figures, failures, limits."""
    return _show(migration_id, {}, {}, 200)


@migrations_bp.post("/<string:migration_id>/limits")
@allow("storage:write", installation=True)
@once
def update_limits(migration_id: str) -> Response:
    """Change limits, from the next file on."""
    typed = {name: request.form.get(name, "").strip() for name in (*NUMBERS, "window")}
    errors = {name: "Give a number." for name in NUMBERS if not _is_number(typed[name])}
    if not errors:
        try:
            service.limit(migration_id, _limits_of(typed))
        except InvalidInput as problem:
            errors = {one["field"].replace("bytes_per_s", "mib_per_s"): one["message"] for one in problem.errors}
    if errors:
        return _show(migration_id, typed, errors, UNPROCESSABLE)
    return done(url_for("storage_migrations.show_migration", migration_id=migration_id), toast="The limits hold from the next file on.")  # fmt: skip


@migrations_bp.get("/<string:migration_id>/<string:act>")
@allow("storage:write", installation=True)
def ask_act(migration_id: str, act: str) -> Response:
    """Ask before an act, and say what it reaches."""
    return _ask(service.migration(migration_id), act, {}, {}, 200)


@migrations_bp.post("/<string:migration_id>/<string:act>")
@allow("storage:write", installation=True)
@once
def act_on_migration(migration_id: str, act: str) -> Response:
    """Do something with a migration."""
    chosen, row = _act(act), service.migration(migration_id)
    form = {name: request.form.get(name, "").strip() for name in ("reason", "typed")}
    errors = _errors_of(chosen, form)
    if not errors:
        try:
            chosen.work(row, form)
        except InvalidInput as problem:
            errors = {one["field"]: one["message"] for one in problem.errors}
    if errors:
        return _ask(row, act, form, errors, UNPROCESSABLE)
    return done(url_for("storage_migrations.show_migration", migration_id=migration_id), toast=chosen.said)


def moving_now() -> shown.Look | None:
    """Return the migration the page of storage shows: the newest one that is not over. For platform admins."""
    if not can("storage:read"):
        return None
    with installation():
        rows = service.list_migrations(5)
    return next((shown.look_at(row) for row in rows if row.phase not in OVER), None)


def _act(name: str) -> Act:
    if name not in ACTS or not can(ACTS[name].can):
        raise NotFound
    return ACTS[name]


def _errors_of(act: Act, form: dict[str, str]) -> dict[str, str]:
    reason = form["reason"]
    if act.rung >= 2 and not reason:  # noqa: PLR2004 (the rung that wants a reason)
        return {"reason": "Write why: it is kept in the audit."}
    if len(reason) > LONGEST_REASON or "\x00" in reason:
        return {"reason": f"Give at most {LONGEST_REASON} characters."}
    return {}


def _is_number(text: str) -> bool:
    return text == "" or (text.isascii() and text.replace(".", "", 1).isdecimal() and len(text) <= DIGITS)


def _limits_of(typed: dict[str, str]) -> dict[str, Any]:  # Any: options
    """Return limits as typed; an empty field means no limit."""
    figures = {name: float(typed[name] or 0) for name in NUMBERS}
    return {
        "objects_per_s": figures["objects_per_s"], "bytes_per_s": round(figures["mib_per_s"] * MIB),
        "threads": int(figures["threads"]), "verify_percent": int(figures["verify_percent"]),
        "grace_days": int(figures["grace_days"]), "window": typed["window"],
    }  # fmt: skip


def _list(values: dict[str, str], errors: dict[str, str], status: int) -> Response:
    state = live.state(MigrationChanged.topic)
    here = routing.writes_to()
    return page(
        "storage/migrations.html", status=status, live=state, looks=[shown.look_at(row) for row in service.list_migrations()],
        writes_to=shown.name_of(here), mirrors_to=shown.name_of(routing.mirrors_to()), lag=mirroring.kept_lag(),
        places=[(name, shown.name_of(name)) for name in providers.configured()], values={"source": here, **values},
        errors=errors, categories=[("", "All")] + [(one.value, one.value) for one in Category],
    )  # fmt: skip


def _show(migration_id: str, typed: dict[str, str], errors: dict[str, str], status: int) -> Response:
    state = live.state(MigrationChanged.topic)
    look = shown.look_at(service.migration(migration_id))
    failures, older = reads.list_failures(migration_id, after=request.args.get("after"))
    options = look.options
    values = typed or {
        "objects_per_s": f"{options.objects_per_s:g}", "mib_per_s": f"{options.bytes_per_s / MIB:g}",
        "threads": str(options.threads), "verify_percent": str(options.verify_percent),
        "grace_days": str(options.grace_days), "window": options.window,
    }  # fmt: skip
    return page(
        "storage/migration.html", status=status, live=state, look=look, failures=failures, older=older, values=values,
        errors=errors, acts=ACTS, as_of=shown.as_of(look.row),
    )  # fmt: skip


def _ask(row: Migration, act: str, form: dict[str, str], errors: dict[str, str], status: int) -> Response:
    rung, look = _act(act).rung or 1, shown.look_at(row)
    return page(
        "storage/migration_act.html", status=status, look=look, act=act, rung=rung, form=form, errors=errors,
        asks=shown.question_of(look, act),
        here=url_for("storage_migrations.show_migration", migration_id=row.id),
    )  # fmt: skip
