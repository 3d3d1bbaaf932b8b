"""What a person can do to a job."""

from collections.abc import Collection

from app.core import jobs
from app.core.db import transaction
from app.core.errors import Problem
from app.core.jobs import EVERYBODY, Job, JobState
from app.queues import reads


class JobIsOver(Problem, code="job-is-over", status=409):
    """This job has ended already. It is {state}; there is nothing left to cancel."""

    state: JobState


def cancel_job(job_id: str, allowed: Collection[str] = EVERYBODY) -> Job:
    """Cancel a waiting job at once, and ask a running one to stop at its next step.

    Args:
        job_id: The job.
        allowed: The permissions of who asks.

    Raises:
        NotFound: There is no such job here.
        JobIsOver: It has ended.
    """
    with transaction():
        found = reads.find_job(job_id, allowed)
        job = jobs.ask_to_stop(job_id)
        if job is None:
            raise JobIsOver(state=found.state)
    return job
