"""Pages about jobs."""

import json
from pathlib import Path

from flask import Blueprint, Response, current_app, send_file, url_for

from app.core import guards
from app.core.access import allow
from app.core.api import parse_query
from app.core.auth import principal
from app.core.errors import NotFound
from app.core.idempotency import once
from app.core.jobs import FACT_OF, Job, JobState, permission_of
from app.core.web import done, page
from app.queues import listeners, reads, service
from app.queues.schemas import JobQuery
from config import Settings

bp = Blueprint("jobs", __name__)


@bp.get("/jobs")
@allow("jobs:read")
def list_jobs() -> Response:
    """Recent jobs of this company, newest first; `ids=` asks for single rows again."""
    query, who = parse_query(JobRows), principal()
    state = listeners.live_state(who)
    if query.ids:
        found_by_id = reads.jobs_by_id(query.ids.split(",")[:200], who.permissions)
        rows = [job for job in found_by_id if query.state in {None, job.state}]
        return page("jobs/rows.html", jobs=rows)
    found = reads.list_jobs(state=query.state, limit=query.limit, after=query.after, allowed=who.permissions)
    is_first = query.state is None and query.after is None
    return page(
        "jobs/index.html", block="rows", live=state, jobs=found.items, next_cursor=found.next_cursor,
        live_count=reads.count_live(who.permissions), state=query.state, after=query.after, mode="top" if is_first else "query",
        views=[view_of(one, query.state) for one in JobState], topics=listeners.topics_of(who),
    )  # fmt: skip


def view_of(state: JobState, current: JobState | None) -> dict[str, object]:
    """Return the tab that shows jobs in one state."""
    label = "Waiting" if state is JobState.QUEUED else state.value.capitalize()
    return {"label": label, "href": url_for("jobs.list_jobs", state=state.value), "current": state is current}


class JobRows(JobQuery):
    """The list as a page asks for it."""

    ids: str | None = None


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
