"""Queueing work: with the change that causes it, or not at all."""

import pytest
from kombu import pools

from app.core import broker, jobs
from app.core.db import transaction
from app.core.jobs import JobState
from app.core.tasks import JobQueuesOff
from tests.queues import chores


def test_a_job_is_queued_with_its_arguments_and_who_asked(ada, look, rows):
    with ada.acting(), transaction():
        job_id = chores.append_line.enqueue("a", text="b", title="Append b")
    job = look(ada, job_id)
    assert (job.state, job.title, job.queue) == (JobState.QUEUED, "Append b", "maintenance")
    assert job.args == {"path": "a", "text": "b"}
    assert job.actor["id"] == ada.public_id
    assert [row["name"] for row in rows("SELECT name FROM job_outbox WHERE job_id = %s", job_id)] == ["chore.append"]


def test_a_job_of_a_rolled_back_change_never_was(ada, rows):
    with pytest.raises(RuntimeError), ada.acting(), transaction():
        job_id = chores.append_line.enqueue("a", "b", title="Never")
        raise RuntimeError("the change failed")
    assert rows("SELECT 1 FROM jobs WHERE id = %s", job_id) == []
    assert rows("SELECT 1 FROM job_outbox WHERE job_id = %s", job_id) == []


def test_arguments_the_function_does_not_take_are_refused_at_once(ada):
    with pytest.raises(TypeError), ada.acting(), transaction():
        chores.append_line.enqueue("a", title="Too few")


def test_with_queues_off_a_sentence_says_so(ada, app, monkeypatch):
    off = app.config["SETTINGS"].model_copy(update={"enable_job_queues": False})
    monkeypatch.setitem(app.config, "SETTINGS", off)
    with pytest.raises(JobQueuesOff) as refused, ada.acting():
        chores.append_line.enqueue("a", "b", title="Off")
    assert "ENABLE_JOB_QUEUES" in refused.value.sentence


def test_a_waiting_job_is_sent_once_and_again_only_much_later(ada, rows, release_now):
    with ada.acting(), transaction():
        job_id = chores.append_line.enqueue("a", "b", title="Send me")
    assert (release_now(), release_now()) == (1, 0)
    row = rows("SELECT sends, due_at > now() + interval '50 s' AS is_later FROM job_outbox WHERE job_id = %s", job_id)[
        0
    ]
    assert (row["sends"], row["is_later"]) == (1, True)


def forget_connections():
    """Let Celery connect anew: it and kombu keep pools for the life of a process."""
    pools.reset()
    broker.celery._pool = None
    broker.celery.__dict__.pop("amqp", None)


def test_without_a_broker_jobs_wait_in_the_outbox(ada, rows, release_now):
    with ada.acting(), transaction():
        job_id = chores.append_line.enqueue("a", "b", title="Wait")
    conf = broker.celery.conf
    real = conf.broker_url
    conf.broker_url = "redis://127.0.0.1:1/0"
    forget_connections()
    try:
        assert release_now() == 0
    finally:
        conf.broker_url = real
        forget_connections()
    row = rows("SELECT sends, phase, due_at <= now() AS is_due FROM job_outbox WHERE job_id = %s", job_id)[0]
    assert (row["sends"], row["phase"], row["is_due"]) == (0, "waiting", True)


def test_the_states_of_the_table_are_those_of_the_code(rows):
    text = rows("SELECT pg_get_constraintdef(oid) AS text FROM pg_constraint WHERE conname = 'ck_jobs_state'")[0][
        "text"
    ]
    assert all(f"'{state.value}'" in text for state in jobs.JobState)
