"""One job: why it stands where it does, its runs, its log, and what came of it."""

import json
from pathlib import Path

from flask import Response, current_app, send_file, url_for

from app.accounts import reads as accounts
from app.core import clock, files, guards
from app.core.access import allow
from app.core.auth import principal
from app.core.broker import SOFT_LIMIT_S
from app.core.downloads import send_kept
from app.core.errors import NotFound
from app.core.jobs import FACT_OF, Job, JobState, permission_of
from app.core.jobs.rules import RULES, rules_of
from app.core.tenancy import current_scope
from app.core.web import is_partial, page
from app.queues import listeners, raised, reads
from app.queues.acting import in_company_of_job
from app.queues.detail import Branch, JobDetail, read_detail
from app.queues.evidence import explain
from app.queues.service.bulk import can_undo
from app.queues.story import story_of
from app.queues.timeline import draw_timeline
from app.queues.verdict import time_left, verdict_on, wants_evidence
from app.queues.views.blueprint import bp

CSV = "text/csv; charset=utf-8"
PRIORITIES = {9: "Highest", 5: "High", 0: "Normal", -5: "Low", -9: "Lowest"}


@bp.get("/jobs/<string:job_id>")
@allow("jobs:read", any_company=True)
def show_job(job_id: str) -> Response:
    """One job: its progress, live, and what came of it."""
    who = principal()
    state = listeners.live_state(who)
    detail = read_detail(job_id, who.permissions)
    job, now = detail.job, clock.now()
    last = next((run for run in reversed(detail.runs) if run.outcome in {"failed", "lost"}), None)
    return page(
        "jobs/parts.html" if is_partial() else "jobs/show.html",
        live=state, detail=detail, job=job, now_at=now, verdict=verdict_on(detail, now), entries=story_of(detail),
        timeline=draw_timeline(detail, now), raised=raised.fold(last.traceback or last.error) if last else [], failed=last,
        args=json.dumps(job.args, indent=2, ensure_ascii=False), result=made_text(job), left=time_left(job, now),
        download=download_of(job), owner=owner_of(job), topic=FACT_OF[permission_of(job.name)].topic,
        priority=PRIORITIES.get(job.priority, str(job.priority)), priorities=PRIORITIES, is_known=job.name in RULES,
        rules=rules_of(job.name), limit_s=rules_of(job.name).time_limit_s or SOFT_LIMIT_S, branches=flat(detail.tree),
        schedule=schedule_of(job), is_here=current_scope().role != "platform", is_alive=is_alive(detail), can_undo=can_undo(job),
        evidence=explain(job.id) if wants_evidence(detail, now) else [],
    )  # fmt: skip


def made_text(job: Job) -> str:
    """Return what a job made as JSON; nothing when it made nothing."""
    return json.dumps(job.result, indent=2, ensure_ascii=False) if job.result else ""


def owner_of(job: Job) -> tuple[str, str] | None:
    """Return whose job it is where jobs of all companies are shown; None inside one."""
    if current_scope().role != "platform":
        return None
    return accounts.companies_by_id({job.company_id}).get(job.company_id)


def schedule_of(job: Job) -> str | None:
    """Return the address of the schedule that queued it."""
    if job.schedule_id is None or "schedules.show_schedule" not in current_app.view_functions:
        return None
    return url_for("schedules.show_schedule", schedule_id=job.schedule_id)


def flat(tree: Branch | None, depth: int = 0) -> list[tuple[int, Job]]:
    """Return a tree as rows with their depth."""
    if tree is None:
        return []
    return [(depth, tree.job), *(row for child in tree.children for row in flat(child, depth + 1))]


def is_alive(detail: JobDetail) -> bool:
    """Say whether anything of the tree waits or runs."""
    return any(not job.state.is_over for _, job in flat(detail.tree))


@bp.get("/jobs/<string:job_id>/file")
@allow("jobs:read", any_company=True)
@in_company_of_job
def download_file(job_id: str) -> Response:
    """Send the file that an export made."""
    job = reads.find_job(job_id, principal().permissions)
    found, name = made_file(job), str((job.result or {}).get("file", "export.csv"))
    if found is None:
        raise NotFound
    if isinstance(found, files.Kept):
        return send_kept(found, name=name, content_type=CSV)
    return guards.call("storage", send_file, found, mimetype=CSV, as_attachment=True, download_name=name)


def download_of(job: Job) -> str | None:
    """Return the address of the file a job made."""
    return url_for("jobs.download_file", job_id=job.id) if made_file(job) else None


def made_file(job: Job) -> files.Kept | Path | None:
    """Return the file a job made, while it is kept; a path for one that was made before files were stored."""
    if job.state is not JobState.DONE or not (job.result or {}).get("file"):
        return None
    found = files.kept(files.of_job(job.id))
    if found:
        return found[-1]
    path = files.root() / "exports" / str(job.company_id) / f"{job.id}.csv"
    return path if path.is_file() else None
