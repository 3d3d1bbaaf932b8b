"""One job: how far it is, what came of it, what can be done to it."""

import json
from pathlib import Path

from flask import Response, current_app, send_file, url_for

from app.core import guards
from app.core.access import allow
from app.core.auth import principal
from app.core.errors import NotFound
from app.core.idempotency import once
from app.core.jobs import FACT_OF, Job, JobState, permission_of
from app.core.web import done, page
from app.queues import listeners, reads, service
from app.queues.views.blueprint import bp
from config import Settings


@bp.get("/jobs/<string:job_id>")
@allow("jobs:read")
def show_job(job_id: str) -> Response:
    """One job: its progress, live, and what came of it."""
    who = principal()
    state = listeners.live_state(who)
    job = reads.find_job(job_id, who.permissions)
    args = json.dumps(job.args, indent=2, ensure_ascii=False)
    return page(
        "jobs/detail.html", block="detail", live=state, job=job, args=args, download=download_of(job),
        topic=FACT_OF[permission_of(job.name)].topic,
    )  # fmt: skip


@bp.post("/jobs/<string:job_id>/cancellation")
@allow("jobs:write")
@once
def cancel_job(job_id: str) -> Response:
    """Cancel it."""
    job = service.cancel_job(job_id, principal().permissions)
    word = "cancelled" if job.state is JobState.CANCELLED else "asked to stop"
    return done(url_for("jobs.show_job", job_id=job_id), toast=f"{job.title}: {word}.")


@bp.get("/jobs/<string:job_id>/file")
@allow("jobs:read")
def download_file(job_id: str) -> Response:
    """Send the file that an export made."""
    job = reads.find_job(job_id, principal().permissions)
    path, name = made_file(job), str((job.result or {}).get("file", "export.csv"))
    if path is None:
        raise NotFound
    return guards.call(
        "storage", send_file, path, mimetype="text/csv; charset=utf-8", as_attachment=True, download_name=name
    )


def download_of(job: Job) -> str | None:
    """Return the address of the file a job made."""
    return url_for("jobs.download_file", job_id=job.id) if made_file(job) else None


def made_file(job: Job) -> Path | None:
    """Return the file a job made, while it is kept. Its place follows from company and job, never from input."""
    if job.state is not JobState.DONE or not (job.result or {}).get("file"):
        return None
    settings: Settings = current_app.config["SETTINGS"]
    path = settings.upload_dir.resolve() / "exports" / str(job.company_id) / f"{job.id}.csv"
    return path if path.is_file() else None
