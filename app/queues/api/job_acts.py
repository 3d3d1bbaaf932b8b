"""What is done to one job, over JSON."""

from app.core.api import contract
from app.core.auth import principal
from app.core.errors import Forbidden, NotFound
from app.core.jobs.repeat import (
    JobArgumentsRefused,
    JobKeyHeld,
    JobNotDiscarded,
    JobNotExact,
    JobNotFailed,
    JobStillAlive,
    JobUnknown,
)
from app.queues import service
from app.queues.acting import in_company_of_job
from app.queues.api.blueprint import api_bp
from app.queues.schemas import CancelledTree, GiveReason, JobOut, PrioritizeJob, RepeatJob
from app.queues.service import JobIsOver, acts

EDIT = "queues:write"


@api_bp.delete("/<string:job_id>")
@in_company_of_job
@contract(
    scope="jobs:write", returns={200: JobOut}, problems=[NotFound, JobIsOver], tag="Jobs", any_company=True
)  # fmt: skip
def cancel_job(job_id: str) -> JobOut:
    """Cancel a job: a waiting one at once, a running one at its next step."""
    return JobOut.of(service.cancel_job(job_id, principal().permissions))


@api_bp.post("/<string:job_id>/cancellation")
@in_company_of_job
@contract(
    scope="jobs:write", returns={200: JobOut}, problems=[NotFound, JobIsOver], tag="Jobs", any_company=True
)  # fmt: skip
def create_cancellation(job_id: str) -> JobOut:
    """Cancel a job, as DELETE does."""
    return JobOut.of(service.cancel_job(job_id, principal().permissions))


@api_bp.post("/<string:job_id>/tree-cancellation")
@in_company_of_job
@contract(
    scope="jobs:write", returns={200: CancelledTree}, problems=[NotFound, acts.TreeIsOver], tag="Jobs", any_company=True
)  # fmt: skip
def cancel_tree(job_id: str) -> CancelledTree:
    """Cancel a job and everything that came of it."""
    return CancelledTree(stopped=acts.cancel_tree(job_id, principal().permissions))


@api_bp.post("/<string:job_id>/retry")
@in_company_of_job
@contract(
    scope="jobs:write", body=RepeatJob, returns={201: JobOut}, tag="Jobs", any_company=True,
    problems=[NotFound, JobStillAlive, JobUnknown, JobNotExact, JobKeyHeld, JobArgumentsRefused],
)  # fmt: skip
def retry_job(job_id: str, body: RepeatJob) -> JobOut:
    """Queue a job once more, exactly as it was; with other `args` for who may operate the queues."""
    who = principal()
    if body.args is None:
        return JobOut.of(acts.retry_job(job_id, who.permissions))
    if not who.may(EDIT):
        raise Forbidden(permission=EDIT)
    return JobOut.of(acts.send_edited_job(job_id, body.args, who.permissions))


@api_bp.post("/<string:job_id>/release")
@in_company_of_job
@contract(
    scope="jobs:write", returns={200: JobOut}, problems=[NotFound, acts.JobNotWaiting], tag="Jobs", any_company=True
)  # fmt: skip
def hurry_job(job_id: str) -> JobOut:
    """Release a job now that waits for its time, such as the end of a back-off."""
    return JobOut.of(acts.hurry_job(job_id, principal().permissions))


@api_bp.post("/<string:job_id>/priority")
@in_company_of_job
@contract(
    scope="jobs:write", body=PrioritizeJob, returns={200: JobOut}, tag="Jobs", any_company=True,
    problems=[NotFound, acts.JobNotWaiting],
)  # fmt: skip
def prioritize_job(job_id: str, body: PrioritizeJob) -> JobOut:
    """Let a waiting job go sooner or later than others of its queue."""
    return JobOut.of(acts.prioritize_job(job_id, body.priority, principal().permissions))


@api_bp.post("/<string:job_id>/discard")
@in_company_of_job
@contract(
    scope="jobs:write", body=GiveReason, returns={200: JobOut}, problems=[NotFound, JobNotFailed], tag="Jobs",
    any_company=True,
)  # fmt: skip
def discard_job(job_id: str, body: GiveReason) -> JobOut:
    """Give a failed job up: it leaves the dead letters."""
    return JobOut.of(acts.discard_job(job_id, body.reason, principal().permissions))


@api_bp.post("/<string:job_id>/restoration")
@in_company_of_job
@contract(
    scope="jobs:write", returns={200: JobOut}, problems=[NotFound, JobNotDiscarded], tag="Jobs", any_company=True
)  # fmt: skip
def restore_job(job_id: str) -> JobOut:
    """Take a discard back: the job stands among the failed ones again."""
    return JobOut.of(acts.restore_job(job_id, principal().permissions))
