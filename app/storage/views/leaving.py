"""All files of a company: given out as one archive, or erased with proof."""

from flask import Blueprint, Response, request, url_for

from app.core.access import allow
from app.core.errors import InvalidInput
from app.core.idempotency import once
from app.core.web import done, page
from app.storage.care import erase, export

leaving_bp = Blueprint("storage_leaving", __name__, url_prefix="/storage")
LONGEST_REASON, UNPROCESSABLE = 500, 422


@leaving_bp.get("/export")
@allow("files:manage")
def ask_export() -> Response:
    """Ask before all files of the company are put into one archive."""
    files, size = export.reach()
    return page("storage/export.html", files=files, size=size)


@leaving_bp.post("/export")
@allow("files:manage")
@once
def create_export() -> Response:
    """Put all files of the company into one archive."""
    job_id = export.ask_export()
    return done(url_for("jobs.show_job", job_id=job_id), toast="Export: started.")


@leaving_bp.get("/erasure")
@allow("storage:destroy", installation=True)
def ask_erasure() -> Response:
    """Ask before all files of a company are erased; without a company, which one."""
    return erasure_page(request.args.get("company", ""))


@leaving_bp.post("/erasure")
@allow("storage:destroy", installation=True)
@once
def create_erasure() -> Response:
    """Erase all files of a company."""
    values = {name: request.form.get(name, "").strip() for name in ("company", "reason", "typed")}
    if not 0 < len(values["reason"]) <= LONGEST_REASON:
        return erasure_page(values["company"], {"reason": "Say why, in at most 500 characters."}, UNPROCESSABLE)
    try:
        job_id = erase.ask_erasure(values["company"], reason=values["reason"], typed=values["typed"])
    except InvalidInput as problem:
        errors = {one["field"]: one["message"] for one in problem.errors}
        return erasure_page(values["company"], errors, UNPROCESSABLE)
    return done(url_for("jobs.show_job", job_id=job_id), toast="Erasure: started.")


def erasure_page(slug: str, errors: dict[str, str] | None = None, status: int = 200) -> Response:
    """Render what is asked before an erasure."""
    owner = erase.find_owner(slug) if slug else None
    files, size, held = erase.reach(owner) if owner else (0, 0, ())
    return page(
        "storage/erasure.html", status=status, owner=owner, files=files, size=size, held=held, errors=errors or {},
        reason=request.form.get("reason", ""),
    )  # fmt: skip
