"""Repeating, giving up and taking back: what a person does with a job that has ended."""

import json
from datetime import timedelta

import pytest

from app.core import clock, jobs
from app.core.db import transaction
from app.core.jobs import Job, JobState
from app.core.jobs.repeat import (
    JobArgumentsRefused,
    JobKeyHeld,
    JobNotDiscarded,
    JobNotExact,
    JobNotFailed,
    JobStillAlive,
    JobUnknown,
    discard,
    repeat,
    restore,
)  # fmt: skip
from app.core.tasks import job
from tests.queues import chores


@pytest.fixture
def failed(ada, run):
    """A job that failed."""
    with ada.acting(), transaction():
        job_id = chores.fail.enqueue("Die Waage ist „aus“.", title="Fail", priority=5)
    run(ada, job_id)
    return job_id


def again(person, job_id, **how):
    with person.acting(), transaction():
        return repeat(person_job(person, job_id), **how)


def person_job(person, job_id):
    from app.core.db import db

    return db.session.get_one(Job, (person.company_id, job_id), populate_existing=True)


def raw_args(rows, job_id):
    return rows("SELECT args::text AS text FROM jobs WHERE id = %s", job_id)[0]["text"]


def test_a_repeat_is_the_same_job_with_a_link_to_the_old_one(ada, failed, look, rows):
    new = again(ada, failed)
    old, kept = look(ada, failed), look(ada, new.id)
    assert raw_args(rows, new.id) == raw_args(rows, failed)
    assert (kept.name, kept.queue, kept.priority, kept.title) == (old.name, old.queue, 5, old.title)
    assert (kept.retry_of, kept.state, old.state) == (failed, JobState.QUEUED, JobState.FAILED)
    assert kept.actor["id"] == ada.public_id
    assert rows("SELECT priority FROM job_outbox WHERE job_id = %s", new.id)[0]["priority"] == 5


def test_a_repeat_may_be_paced(ada, failed, rows):
    at = clock.now() + timedelta(minutes=3)
    new = again(ada, failed, due_at=at)
    assert rows("SELECT due_at FROM job_outbox WHERE job_id = %s", new.id)[0]["due_at"] == at


def test_who_repeated_it_stands_in_the_audit(ada, failed, pump, rows):
    new = again(ada, failed)
    pump()
    (kept,) = rows("SELECT actor, data FROM event_log WHERE type = 'job.repeated' AND row_id = %s", failed)
    assert kept["actor"]["id"] == ada.public_id
    assert (kept["data"]["newId"], kept["data"]["isEdited"]) == (new.id, False)


def test_what_lives_is_not_repeated(ada):
    with ada.acting(), transaction():
        job_id = chores.count_up.enqueue(1, title="Count")
    with pytest.raises(JobStillAlive):
        again(ada, job_id)


def test_what_was_masked_is_not_repeated_as_it_was(ada, run, look):
    with ada.acting(), transaction():
        job_id = chores.deliver_to.enqueue({"password": "hunter2"}, title="Deliver")
    run(ada, job_id)
    with pytest.raises(JobNotExact):
        again(ada, job_id)
    new = again(ada, job_id, args={"address": {"host": "mail.test"}, "times": 2})
    assert json.loads(json.dumps(look(ada, new.id).args)) == {"address": {"host": "mail.test"}, "times": 2}


@pytest.mark.parametrize(
    "args", [{"reason": 7}, {"cause": "No."}, {"reason": "No.", "more": 1}], ids=["type", "name", "too many"]
)
def test_edited_arguments_must_be_what_the_function_takes(ada, failed, args, rows):
    with pytest.raises(JobArgumentsRefused):
        again(ada, failed, args=args)
    assert rows("SELECT 1 FROM jobs WHERE retry_of = %s", failed) == []


def test_a_held_key_is_told_with_its_holder(ada, run, rows):
    def send():
        with ada.acting(), transaction():
            return chores.count_up.enqueue(1, title="Count", key="today")

    first = send()
    run(ada, first)
    holder = send()
    with pytest.raises(JobKeyHeld) as refused:
        again(ada, first)
    assert refused.value.holder == holder


def test_a_name_that_is_gone_cannot_be_repeated(ada, failed, world):
    world.sql.execute("UPDATE jobs SET name = 'chore.removed' WHERE id = %s", (failed,))
    with pytest.raises(JobUnknown):
        again(ada, failed)


def test_giving_up_needs_a_failed_job_and_can_be_taken_back(ada, failed, look, pump, rows):
    with ada.acting():
        discard(failed, "The supplier is gone.")
        assert look(ada, failed).state is JobState.DISCARDED
        with pytest.raises(JobNotFailed):
            discard(failed, "Twice.")
        restore(failed)
        with pytest.raises(JobNotDiscarded):
            restore(failed)
    assert look(ada, failed).state is JobState.FAILED
    pump()
    told = rows("SELECT type, data FROM event_log WHERE row_id = %s AND type LIKE 'job.%%' ORDER BY seq", failed)
    acts = [row for row in told if row["type"] != "job.updated"]
    assert [row["type"] for row in acts] == ["job.discarded", "job.restored"]
    assert acts[0]["data"]["reason"] == "The supplier is gone."


def test_asking_a_running_job_to_stop_is_told_with_who(ada, pump, rows):
    with ada.acting(), transaction():
        job_id = chores.count_up.enqueue(1, title="Count")
        jobs.claim(job_id)
        jobs.ask_to_stop(job_id)
    pump()
    (told,) = rows("SELECT actor FROM event_log WHERE row_id = %s AND type = 'job.stop-asked'", job_id)
    assert told["actor"]["id"] == ada.public_id


def test_acts_on_jobs_about_people_are_told_to_those_who_may_see_people(ada, run, pump, rows):
    with ada.acting(), transaction():
        job_id = write_to_somebody.enqueue(title="Write to new.hand@example.test")
    run(ada, job_id)
    with ada.acting():
        discard(job_id, "Wrong address.")
    pump()
    (told,) = rows("SELECT topic FROM event_log WHERE row_id = %s AND type LIKE '%%.discarded'", job_id)
    assert told["topic"] == "account-jobs"
    assert rows("SELECT 1 FROM event_log WHERE row_id = %s AND topic = 'jobs'", job_id) == []


@job(queue="email", name="chore.write_to_somebody", permission="users:read", retries=0)
def write_to_somebody() -> None:
    """Fail to write."""
    raise ConnectionError("no such mailbox")
