"""Reconciling: what was sent and not begun, or lost its worker, is found, explained and rung again."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.core import clock, jobs
from app.core.db import transaction
from app.core.jobs import JobState
from app.queues import brokers, detail, evidence, reconcile
from app.queues.reads import EVERYBODY
from app.queues.verdict import verdict_on
from tests.queues import chores
from tests.queues.test_pause_queue import as_pat


@pytest.fixture
def sent(ada, app, alone, release_now, superuser_sql):
    """A job that was sent twenty seconds ago."""
    with app.app_context():
        brokers.reader().delete(brokers.UNACKED, brokers.UNACKED_INDEX, reconcile.KEPT_KEY)
    with ada.acting(), transaction():
        job_id = chores.count_up.enqueue(3, title="Count")
    assert release_now() == 1
    let_pass(superuser_sql, 20)
    return job_id


@pytest.fixture
def look_after(app):
    """Reconcile, as the relay does."""

    def run():
        with app.app_context():
            return {one.job_id: one for one in reconcile.reconcile()}

    return run


def let_pass(sql, seconds):
    """Let time pass for what is in hand."""
    sql.execute("UPDATE job_outbox SET due_at = due_at - %s * interval '1 second'", [seconds])


def explained(pat, job_id):
    with as_pat(pat):
        return " ".join(evidence.explain(job_id))


def take(app, taken_s_ago=None):
    """Take the next message, as a worker does; let it hold it when a time is given."""
    with app.app_context():
        client = brokers.reader()
        raw = client.rpop("maintenance")
        if taken_s_ago is not None:
            client.zadd(brokers.UNACKED_INDEX, {"tag": client.time()[0] - taken_s_ago})
            client.hset(brokers.UNACKED, "tag", json.dumps([json.loads(raw), "jobs", "maintenance"]))


def test_a_message_that_stands_nowhere_is_found_and_rung_again(pat, app, sent, look_after, release_now):
    take(app)
    assert "was lost" in explained(pat, sent)
    found = look_after()[sent]
    assert (found.verdict, found.queue) == ("lost", "maintenance")
    assert any("neither in the broker's lists nor in a worker's hands" in line for line in found.evidence)
    assert release_now() == 1
    assert look_after() == {}
    with app.app_context():
        assert [one.job_id for one in reconcile.recent_findings()] == [sent]


def test_a_message_in_the_hands_of_a_dead_worker_is_found_and_rung_again(pat, app, sent, look_after, release_now):
    take(app, taken_s_ago=19)
    assert "never began the job" in explained(pat, sent)
    assert look_after()[sent].verdict == "stranded"
    assert release_now() == 1


def test_a_message_that_waits_for_a_worker_is_not_rung_twice(pat, app, sent, look_after, release_now, superuser_sql):
    let_pass(superuser_sql, 35)  # its next ring is due in five seconds
    assert "stands at place 1 of the queue in the broker" in explained(pat, sent)
    assert look_after() == {}
    let_pass(superuser_sql, 10)
    assert release_now() == 0
    let_pass(superuser_sql, 25)
    assert release_now() == 1  # but not for ever: perhaps nobody can read it


def test_what_was_just_sent_is_left_alone(pat, app, ada, alone, release_now, look_after):
    with ada.acting(), transaction():
        job_id = chores.count_up.enqueue(3, title="Count")
    release_now()
    take(app)
    assert look_after() == {}
    assert "Sent to the broker 0 s ago" in explained(pat, job_id)


def test_a_job_whose_worker_is_gone_is_found_by_its_lease(pat, ada, sent, look_after, release_now, superuser_sql, look):
    with ada.acting(), transaction():
        jobs.claim(sent)
    told = explained(pat, sent)
    assert "attempt 1" in told
    assert "It last extended its lease 0 s ago" in told
    assert look_after() == {}
    let_pass(superuser_sql, 60)
    superuser_sql.execute("UPDATE jobs SET lease_until = now() - interval '10 s' WHERE id = %s", [sent])
    assert "another worker takes it" in explained(pat, sent)
    found = look_after()[sent]
    assert (found.verdict, release_now()) == ("lease-out", 1)
    assert look(ada, sent).state is JobState.RUNNING


def test_with_the_broker_away_nothing_is_concluded(pat, app, sent, look_after, monkeypatch):
    from app.core.redis import connect

    settings = app.config["SETTINGS"].model_copy(
        update={"redis_url": type(app.config["SETTINGS"].redis_url)("redis://127.0.0.1:1/0")}
    )
    monkeypatch.setitem(app.extensions, brokers.EXTENSION, connect(settings, timeout_s=0.2))
    take_nothing = look_after()
    assert take_nothing == {}
    assert "The broker does not answer" in explained(pat, sent)


def test_a_waiting_job_says_what_it_waits_for(pat, ada, alone, release_now):
    with ada.acting(), transaction():
        first = chores.count_up.enqueue(3, title="Count")
        second = chores.count_up.enqueue(3, title="Count more")
        third = chores.count_up.enqueue(3, title="Count last", after=(first,))
    assert release_now() == 1
    assert "1 job of maintenance may be in hand at once" in explained(pat, second)
    assert f"Waits for 1 other job to end: {first}" in explained(pat, third)
    with as_pat(pat):
        from app.queues.service import pauses

        pauses.pause("queue", "maintenance", "Because")
    assert "Paused" in explained(pat, second)


def test_a_job_that_has_ended_has_nothing_to_explain(pat, ada, sent, run):
    run(ada, sent)
    assert explained(pat, sent) == ""


def test_what_a_worker_begins_while_one_looks_is_not_lost(pat, app, ada, sent, look_after, monkeypatch):
    look_at_broker = reconcile.look_at_broker

    def begin_meanwhile(queues):
        take(app)
        found = look_at_broker(queues)
        with ada.acting(), transaction():
            jobs.claim(sent)
        return found

    monkeypatch.setattr(reconcile, "look_at_broker", begin_meanwhile)
    assert look_after() == {}
    with app.app_context():
        assert sent not in {one.job_id for one in reconcile.recent_findings()}


def test_what_is_taken_while_the_lists_are_read_is_in_somebodys_hands(pat, app, sent, monkeypatch):
    walk = brokers.walk

    def take_meanwhile(queue):
        take(app, 1)
        return walk(queue)

    monkeypatch.setattr(brokers, "walk", take_meanwhile)
    assert "was lost" not in explained(pat, sent)


def test_what_ends_while_one_looks_is_not_called_lost(pat, app, sent, monkeypatch, superuser_sql):
    walk = brokers.walk

    def end_meanwhile(queue):
        take(app)
        superuser_sql.execute("DELETE FROM job_outbox WHERE job_id = %s", [sent])
        return walk(queue)

    monkeypatch.setattr(brokers, "walk", end_meanwhile)
    assert explained(pat, sent) == ""


def test_a_job_that_begins_while_its_page_is_read_runs(app, ada, sent, monkeypatch):
    living = detail._living

    def begin_meanwhile(job):
        with ThreadPoolExecutor(1) as others:
            others.submit(begin).result()
        return living(job)

    def begin():
        with ada.acting(), transaction():
            jobs.claim(sent)

    monkeypatch.setattr(detail, "_living", begin_meanwhile)
    with ada.acting():
        told = verdict_on(detail.read_detail(sent, EVERYBODY), clock.now())
    assert told.word == "Running"
