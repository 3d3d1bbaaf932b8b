"""Claiming: what is held when it is delivered goes back unbegun, so that a pause lets nothing slip."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import time_machine
from celery.exceptions import SoftTimeLimitExceeded

from app.core import clock, jobs
from app.core.db import transaction
from app.core.jobs import Job, JobState, holds
from app.core.jobs.holds import Candidate, Hold
from app.core.tasks import job
from app.extensions import celery
from tests.queues import chores


@job(queue="ocr", name="chore.drag", retries=1, backoff_s=60, time_limit_s=5)
def drag() -> None:
    """Take longer than allowed, as Celery would find."""
    raise SoftTimeLimitExceeded


@pytest.fixture
def hold() -> Iterator[Callable[[int], None]]:
    """Hold the counting jobs of one company."""
    held: set[int] = set()

    def holder(candidate: Candidate) -> Hold | None:
        mine = candidate.company_id in held and candidate.name == "chore.count"
        return Hold("flag", "Switched off by a test") if mine else None

    holds.register(holder)
    yield held.add
    held.clear()


def send(person, phase):
    with person.acting(), transaction():
        job_id = chores.count_up.enqueue(1, title="Count")
    person.world.sql.execute("UPDATE job_outbox SET phase = %s WHERE job_id = %s", (phase, job_id))
    return job_id


def phase_of(rows, job_id):
    return rows("SELECT phase FROM job_outbox WHERE job_id = %s", job_id)[0]["phase"]


def test_what_is_held_when_it_arrives_waits_again(ada, run, look, rows, hold):
    job_id = send(ada, "sent")
    hold(ada.company_id)
    run(ada, job_id)
    kept = look(ada, job_id)
    assert (kept.state, kept.attempts, kept.started_at) == (JobState.QUEUED, 0, None)
    assert phase_of(rows, job_id) == "waiting"
    assert rows("SELECT 1 FROM job_attempts WHERE job_id = %s", job_id) == []


def test_another_company_s_flow_on(ada, cleo, run, look, hold):
    job_id = send(cleo, "sent")
    hold(ada.company_id)
    run(cleo, job_id)
    assert look(cleo, job_id).state is JobState.DONE


def test_a_second_message_of_one_that_backs_off_does_not_hurry_it(ada, run, rows, hold):
    with ada.acting(), transaction():
        job_id = chores.count_up.enqueue(1, title="Count", not_before=clock.now() + timedelta(hours=1))
    hold(ada.company_id)
    run(ada, job_id)
    assert rows("SELECT 1 FROM job_outbox WHERE job_id = %s AND due_at > now() + interval '50 min'", job_id)


def test_a_running_one_goes_on_under_a_hold(ada, run, look, rows, hold):
    job_id = send(ada, "sent")
    with ada.acting(), transaction():
        jobs.claim(job_id)
    hold(ada.company_id)
    run(ada, job_id)  # a second message
    assert (look(ada, job_id).state, phase_of(rows, job_id)) == (JobState.RUNNING, "running")


def test_one_whose_worker_was_lost_waits_under_a_hold(ada, run, look, rows, hold):
    job_id = send(ada, "sent")
    with ada.acting(), transaction():
        jobs.claim(job_id)
    hold(ada.company_id)
    with time_machine.travel(clock.now() + timedelta(seconds=jobs.LEASE_S + 2), tick=True):
        run(ada, job_id)
    assert (look(ada, job_id).state, phase_of(rows, job_id)) == (JobState.QUEUED, "waiting")


def test_a_run_that_was_taken_for_lost_does_not_end_its_successor_s(ada, look, rows):
    job_id = send(ada, "sent")
    with ada.acting(), transaction():
        first = copy(jobs.claim(job_id))
    with time_machine.travel(clock.now() + timedelta(seconds=jobs.LEASE_S + 2), tick=True), ada.acting(), transaction():
        second = copy(jobs.claim(job_id))
        jobs.put_back(first, "Too late")
        jobs.wait(first, "Too late", 1)
        assert jobs.give_up(first, JobState.FAILED, error="Too late") is None
    kept = look(ada, job_id)
    assert (kept.state, kept.attempts, kept.error) == (JobState.RUNNING, 2, "")
    assert phase_of(rows, job_id) == "running"
    with ada.acting(), transaction():
        assert jobs.give_up(second, JobState.FAILED, error="In time") is not None


def copy(job):
    """A worker of its own has a row of its own."""
    return Job(company_id=job.company_id, id=job.id, name=job.name, queue=job.queue, title=job.title, args=job.args,
               actor=job.actor, request_id=job.request_id, attempts=job.attempts)  # fmt: skip


def test_retries_pauses_and_limits_are_the_job_s_own(ada, run, look, rows):
    assert (celery.tasks["chore.drag"].soft_time_limit, celery.tasks["chore.drag"].time_limit) == (5, 65)
    with ada.acting(), transaction():
        job_id = drag.enqueue(title="Drag")
    run(ada, job_id)
    due = rows("SELECT due_at FROM job_outbox WHERE job_id = %s", job_id)[0]["due_at"]
    assert 40 < (due - clock.now()).total_seconds() < 80
    run(ada, job_id)
    kept = look(ada, job_id)
    assert (kept.state, kept.attempts) == (JobState.FAILED, 2)
    assert kept.error == "It took longer than its time limit and was interrupted."


@pytest.mark.parametrize("limit", [0, 3541])
def test_a_limit_longer_than_a_message_lives_is_refused(limit):
    with pytest.raises(ValueError, match="within 1 and 3540"):
        job(queue="ocr", name="chore.endless", time_limit_s=limit)
