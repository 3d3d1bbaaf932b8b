"""What a person does with a job that has ended: run it once more, give it up, or take that back."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from pydantic import TypeAdapter, ValidationError

from app.core.db import db, transaction
from app.core.errors import NotFound, Problem
from app.core.jobs import ledger
from app.core.jobs.adding import Options, add_new
from app.core.jobs.facts import JobDiscarded, JobRepeated, JobRestored, tell_act
from app.core.jobs.model import Job, JobState
from app.core.jobs.rules import RULES, Rules

EDITED = " (edited)"  # the title may tell of what the arguments were


class JobNotExact(Problem, code="job-not-exact", status=409):
    """The arguments of this job are not exact. Something secret was masked before they were stored, so it cannot be repeated as it was; start it again where it came from."""


class JobStillAlive(Problem, code="job-still-alive", status=409):
    """This job has not ended. It is {state}; wait for it, or cancel it."""

    state: JobState


class JobUnknown(Problem, code="job-unknown", status=409):
    """This release has no job {name}. It was renamed or removed."""

    name: str


class JobKeyHeld(Problem, code="job-key-held", status=409):
    """The same work waits or runs already. Job {holder} holds the key {key}."""

    key: str
    holder: str


class JobArgumentsRefused(Problem, code="job-arguments-refused", status=422):
    """The job does not take these arguments. {reason}."""

    reason: str


class JobNotFailed(Problem, code="job-not-failed", status=409):
    """Only what failed can be given up. This job is {state}."""

    state: JobState


class JobNotDiscarded(Problem, code="job-not-discarded", status=409):
    """There is nothing to take back. This job is {state}."""

    state: JobState


def repeat(job: Job, *, args: dict[str, Any] | None = None, due_at: datetime | None = None) -> Job:  # Any: JSON values
    """Queue a job once more, with the very same arguments, queue and priority, and return the new one.

    Args:
        job: The one to repeat; it has ended.
        args: Arguments that a person edited, in place of the stored ones.
        due_at: Not before.

    Raises:
        JobStillAlive: It has not ended.
        JobUnknown: Nothing declares its name any more.
        JobNotExact: Its arguments are not those it ran with.
        JobArgumentsRefused: The function does not take the edited arguments.
        JobKeyHeld: A living job holds its key.
    """
    rules = RULES.get(job.name)
    if not job.state.is_over:
        raise JobStillAlive(state=job.state)
    if rules is None:
        raise JobUnknown(name=job.name)
    if args is None and not job.is_exact:
        raise JobNotExact
    if args is not None:
        check_args(rules, args)
    options = Options(key=job.dedupe_key, priority=job.priority, not_before=due_at, retry_of=job.id)
    title = job.title if args is None else f"{job.title.removesuffix(EDITED)}{EDITED}"
    with transaction():
        new_id = add_new(rules, job.args if args is None else args, title=title, options=options)
        new = db.session.get_one(Job, (job.company_id, new_id))
        if new.retry_of != job.id:  # the key's holder, whom a person must not take for this job's repeat
            raise JobKeyHeld(key=str(job.dedupe_key), holder=new_id)
        tell_act(JobRepeated, job, new_id=new_id, is_edited=args is not None)
    return new


def check_args(rules: Rules, args: dict[str, Any]) -> None:  # Any: JSON values
    """Refuse arguments that the function does not take, by name and by type.

    Raises:
        JobArgumentsRefused: Says which, and why.
    """
    try:
        rules.bind(**args)
    except TypeError as error:
        raise JobArgumentsRefused(reason=str(error).capitalize()) from None
    for name, value in args.items():
        parameter = rules.signature.parameters.get(name)
        if parameter is None or parameter.annotation in (parameter.empty, Any):
            continue
        try:
            TypeAdapter(parameter.annotation).validate_python(value)
        except ValidationError as error:
            raise JobArgumentsRefused(reason=f"{name}: {error.errors()[0]['msg']}") from None


def discard(job_id: str, reason: str) -> Job:
    """Say that nothing more will be done about a failed job.

    Args:
        job_id: The job.
        reason: Why; the audit keeps it.

    Raises:
        NotFound: There is no such job here.
        JobNotFailed: It did not fail.
    """
    with transaction():
        job = ledger.change(job_id, Job.state == JobState.FAILED, state=JobState.DISCARDED)
        if job is None:
            raise JobNotFailed(state=_state_of(job_id))
        tell_act(JobDiscarded, job, reason=reason)
    return job


def restore(job_id: str) -> Job:
    """Take a discard back: the job stands among the failed ones again.

    Raises:
        NotFound: There is no such job here.
        JobNotDiscarded: Nobody gave it up.
    """
    with transaction():
        job = ledger.change(job_id, Job.state == JobState.DISCARDED, state=JobState.FAILED)
        if job is None:
            raise JobNotDiscarded(state=_state_of(job_id))
        tell_act(JobRestored, job)
    return job


def _state_of(job_id: str) -> JobState:
    state = db.session.scalar(sa.select(Job.state).where(Job.id == job_id))
    if state is None:
        raise NotFound
    return state
