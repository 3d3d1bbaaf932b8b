"""What a person can do to a job."""

from app.core import jobs
from app.core.db import transaction
from app.core.errors import Problem
from app.core.jobs import Job, JobState
from app.queues import reads


class JobIsOver(Problem, code="job-is-over", status=409):
    """This job has ended already. It is {state}; there is nothing left to cancel."""

    state: JobState


def cancel_job(job_id: str) -> Job:
    """Cancel a waiting job at once, and ask a running one to stop at its next step.

    Raises:
        NotFound: There is no such job here.
        JobIsOver: It has ended.
    """
    with transaction():
        job = jobs.ask_to_stop(job_id)
        if job is None:
            raise JobIsOver(state=reads.find_job(job_id).state)
    return job
