"""The page of backups, for platform admins."""

from flask import Blueprint, Response, current_app, url_for

from app.backups import service, store
from app.backups.models import Drill
from app.core.access import allow
from app.core.idempotency import once
from app.core.web import done, page
from config import Settings

bp = Blueprint("backups", __name__)
LATE_S = 26 * 3600  # a nightly backup that is two hours late


@bp.get("/backups")
@allow("platform:read", installation=True)
def show_backups() -> Response:
    """What could be restored, and whether it was tried."""
    settings: Settings = current_app.config["SETTINGS"]
    backups, drills = store.list_backups(), service.list_drills()
    newest = backups[0] if backups else None
    return page(
        "backups/index.html", block="rows", backups=backups, newest=newest, drills=drills,
        has_login=settings.database_backup_url is not None, is_late=newest is not None and newest.age_s > LATE_S,
        tried={row.backup: row.is_good for row in reversed(drills)}, steps_of=describe_steps,
    )  # fmt: skip


def describe_steps(row: Drill) -> str:
    """Return what a drill spent its time on: `restoring 4.1 s, counting rows 0.3 s`."""
    return ", ".join(f"{step['name'].partition(':')[0].lower()} {step['seconds']:.1f} s" for step in row.steps)


@bp.post("/backups")
@allow("platform:write", installation=True)
@once
def create_backup() -> Response:
    """Make one now."""
    job_id = service.ask_for_backup()
    return done(url_for("jobs.show_job", job_id=job_id), toast="Backup: started.")


@bp.post("/backups/drills")
@allow("platform:write", installation=True)
@once
def create_drill() -> Response:
    """Restore the newest into an empty server."""
    job_id = service.ask_for_drill()
    return done(url_for("jobs.show_job", job_id=job_id), toast="Restore drill: started.")
