"""What is done to one job from its page."""

import json
from typing import Any

from flask import Response, request, url_for

from app.core.access import allow
from app.core.api import parse_form
from app.core.auth import principal
from app.core.errors import InvalidInput
from app.core.idempotency import once
from app.core.jobs import Job, JobState
from app.core.jobs.rules import rules_of
from app.core.web import done, page
from app.queues import reads, service
from app.queues.acting import in_company_of_job
from app.queues.schemas import GiveReason, PrioritizeJob
from app.queues.service import acts
from app.queues.views.blueprint import bp

LONGEST_ARGS = 100_000


@bp.post("/jobs/<string:job_id>/cancellation")
@allow("jobs:write", any_company=True)
@in_company_of_job
@once
def cancel_job(job_id: str) -> Response:
    """Cancel it."""
    job = service.cancel_job(job_id, principal().permissions)
    word = "cancelled" if job.state is JobState.CANCELLED else "asked to stop"
    return done(here(job), toast=f"{job.title}: {word}.")


@bp.post("/jobs/<string:job_id>/tree-cancellation")
@allow("jobs:write", any_company=True)
@in_company_of_job
@once
def cancel_tree(job_id: str) -> Response:
    """Cancel it and all that came of it."""
    stopped = acts.cancel_tree(job_id, principal().permissions)
    were = "1 job was" if stopped == 1 else f"{stopped} jobs were"
    return done(url_for("jobs.show_job", job_id=job_id), toast=f"{were} cancelled or asked to stop.")


@bp.post("/jobs/<string:job_id>/retry")
@allow("jobs:write", any_company=True)
@in_company_of_job
@once
def retry_job(job_id: str) -> Response:
    """Queue it once more, exactly as it was."""
    job = acts.retry_job(job_id, principal().permissions)
    return done(here(job), toast=f"{job.title}: sent again.", undo=url_for("jobs.cancel_job", job_id=job.id))


@bp.post("/jobs/<string:job_id>/release")
@allow("jobs:write", any_company=True)
@in_company_of_job
@once
def hurry_job(job_id: str) -> Response:
    """Release it now instead of at its time."""
    job = acts.hurry_job(job_id, principal().permissions)
    return done(here(job), toast=f"{job.title}: released now.")


@bp.post("/jobs/<string:job_id>/priority")
@allow("jobs:write", any_company=True)
@in_company_of_job
@once
def prioritize_job(job_id: str) -> Response:
    """Let it go sooner or later than its like."""
    job = acts.prioritize_job(job_id, parse_form(PrioritizeJob).priority, principal().permissions)
    return done(here(job), toast=f"{job.title}: its priority is {job.priority} now.")


@bp.get("/jobs/<string:job_id>/discard")
@allow("jobs:write", any_company=True)
def ask_to_discard(job_id: str) -> Response:
    """Ask for the reason, where no script opens the dialog."""
    return page("jobs/discard.html", job=reads.find_job(job_id, principal().permissions), errors={})


@bp.post("/jobs/<string:job_id>/discard")
@allow("jobs:write", any_company=True)
@in_company_of_job
@once
def discard_job(job_id: str) -> Response:
    """Give it up."""
    if not request.form.get("reason", "").strip():
        job = reads.find_job(job_id, principal().permissions)
        return page("jobs/discard.html", job=job, errors={"reason": "Say why; it is kept in the audit."}, status=422)
    job = acts.discard_job(job_id, parse_form(GiveReason).reason, principal().permissions)
    return done(here(job), toast=f"{job.title}: discarded.", undo=url_for("jobs.restore_job", job_id=job.id))


@bp.post("/jobs/<string:job_id>/restoration")
@allow("jobs:write", any_company=True)
@in_company_of_job
@once
def restore_job(job_id: str) -> Response:
    """Take a discard back."""
    job = acts.restore_job(job_id, principal().permissions)
    return done(here(job), toast=f"{job.title}: among the failed jobs again.")


# Arguments name rows and addresses that the job trusts: who writes them acts with the job's power, not with their own.
@bp.get("/jobs/<string:job_id>/edit")
@allow("queues:write", any_company=True)
def edit_job(job_id: str) -> Response:
    """Show its arguments to be changed."""
    job = reads.find_job(job_id, principal().permissions)
    return edit_page(job, json.dumps(job.args, indent=2, ensure_ascii=False), {})


@bp.post("/jobs/<string:job_id>/edit")
@allow("queues:write", any_company=True)
@in_company_of_job
@once
def send_edited_job(job_id: str) -> Response:
    """Queue it once more with other arguments."""
    who = principal()
    text = request.form.get("args", "")[:LONGEST_ARGS]
    try:
        job = acts.send_edited_job(job_id, read_args(text), who.permissions)
    except (InvalidInput, acts.JobArgumentsRefused) as problem:
        sentence = problem.fields["errors"][0]["message"] if isinstance(problem, InvalidInput) else problem.sentence
        return edit_page(reads.find_job(job_id, who.permissions), text, {"args": sentence}, 422)
    return done(
        here(job), toast=f"{job.title}: sent with these arguments.", undo=url_for("jobs.cancel_job", job_id=job.id)
    )


def edit_page(job: Job, text: str, errors: dict[str, str], status: int = 200) -> Response:
    """Return the form of the arguments."""
    takes = [(name, str(one)) for name, one in rules_of(job.name).signature.parameters.items()]
    return page("jobs/edit.html", job=job, text=text, errors=errors, takes=takes, status=status)


def read_args(text: str) -> dict[str, Any]:  # Any: JSON
    """Return typed arguments.

    Raises:
        InvalidInput: They are no JSON object.
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise InvalidInput(errors=[{"field": "args", "message": "Write a JSON object: names and values in braces."}])
    return found


def here(job: Job) -> str:
    """Return the page of a job."""
    return url_for("jobs.show_job", job_id=job.id)
