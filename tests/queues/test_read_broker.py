"""Looking into the broker: depth by priority, every message decoded exactly, what workers hold; and taking one out."""

import json

import pytest

from app.core.db import transaction
from app.core.errors import NotFound
from app.core.redis import connect
from app.extensions import celery
from app.queues import brokers
from app.queues.service import broker as acts
from app.queues.service.broker import BrokerAway
from tests.queues import chores
from tests.queues.test_pause_queue import as_pat
from tests.queues.waiting import let_wait


@pytest.fixture
def inside(app, alone):
    with app.app_context():
        brokers.reader().delete(brokers.UNACKED, brokers.UNACKED_INDEX, *brokers.lists_of("export").values())
        yield brokers.reader()


def test_a_released_job_stands_there_with_its_exact_arguments(ada, inside, release_now):
    with ada.acting(), transaction():
        job_id = chores.count_up.enqueue(3, title="Count")
    release_now()
    page = brokers.messages("maintenance")
    (message,) = page.items
    assert (message.job_id, message.name, message.args) == (job_id, "chore.count", [ada.company_id, job_id])
    assert (message.company_id, message.position, page.depth.total, message.is_ours) == (ada.company_id, 1, 1, True)
    assert message.headers["id"] == job_id


def test_pages_follow_the_order_in_which_workers_take(ada, inside, superuser_sql, release_now):
    superuser_sql.execute("INSERT INTO queue_settings (company_id, queue, concurrency) "
                          "SELECT id, 'export', 50 FROM companies WHERE slug = 'platform'")  # fmt: skip
    let_wait(superuser_sql, ada.company_id, 30, queue="export")
    assert release_now() == 30
    everything = [one.job_id for one in brokers.messages("export", 0, 100).items]
    assert everything == sorted(everything)
    assert [one.job_id for one in brokers.messages("export", 25, 10).items] == everything[25:]
    assert [one.position for one in brokers.messages("export", 10, 2).items] == [11, 12]
    taken = json.loads(inside.rpop("export"))
    assert taken["headers"]["id"] == everything[0]


def test_lists_of_other_priorities_come_after(app, inside):
    for priority in (0, 5, 9):
        celery.send_task("foreign.task", args=["exact", {"deep": [1]}], queue="export", priority=priority)
    page = brokers.messages("export")
    assert page.depth.by_step == {0: 1, 3: 1, 6: 0, 9: 1}
    assert [(one.step, one.position) for one in page.items] == [(0, 1), (3, 2), (9, 3)]
    assert [one.step for one in brokers.messages("export", 1, 1).items] == [3]
    assert (page.items[0].args, page.items[0].is_ours) == (["exact", {"deep": [1]}], False)


def test_what_is_no_message_is_shown_as_unreadable(inside):
    inside.lpush("export", "junk", json.dumps({"body": "!"}), json.dumps([1]))
    assert {one.name for one in brokers.messages("export").items} == {"unreadable"}


def test_what_a_worker_took_is_told_with_its_age(ada, inside, release_now):
    with ada.acting(), transaction():
        job_id = chores.count_up.enqueue(3, title="Count")
    release_now()
    raw = inside.rpop("maintenance")
    inside.zadd(brokers.UNACKED_INDEX, {"tag": inside.time()[0] - 100})
    inside.hset(brokers.UNACKED, "tag", json.dumps([json.loads(raw), "jobs", "maintenance"]))
    (found,) = brokers.unacked()
    assert (found.message.job_id, found.message.queue) == (job_id, "maintenance")
    assert 95 < found.taken_s < 200
    assert 3900 < found.redelivered_in_s < 4150


def test_without_a_broker_pages_say_so(app, alone, monkeypatch):
    settings = app.config["SETTINGS"].model_copy(
        update={"redis_url": type(app.config["SETTINGS"].redis_url)("redis://127.0.0.1:1/0")}
    )
    monkeypatch.setitem(app.extensions, brokers.EXTENSION, connect(settings, timeout_s=0.2))
    with app.app_context():
        assert (brokers.depth("export"), brokers.unacked(), brokers.depths(["export"])) == (None, None, None)
        assert brokers.messages("export").is_away
        with pytest.raises(BrokerAway):
            acts.purge("export", "Why not")
        with pytest.raises(BrokerAway):
            acts.remove_message("export", "nothing")


def test_one_exact_message_is_taken_out_and_its_job_stays(ada, pat, inside, superuser_sql, release_now):
    let_wait(superuser_sql, ada.company_id, 3, queue="export")
    release_now()
    first, second, third = [one.job_id for one in brokers.messages("export").items]
    with as_pat(pat):
        assert acts.remove_message("export", second, "Twice there").job_id == second
    assert [one.job_id for one in brokers.messages("export").items] == [first, third]
    assert superuser_sql.execute("SELECT 1 FROM job_outbox WHERE job_id = %s", [second]).fetchone()
    with as_pat(pat), pytest.raises(NotFound):
        acts.remove_message("export", second)
    told = said(superuser_sql, "broker-message.removed")
    assert (told["jobId"], told["reason"]) == (second, "Twice there")


def test_a_purged_queue_is_empty_and_its_jobs_are_rung_again(ada, pat, inside, superuser_sql, release_now):
    let_wait(superuser_sql, ada.company_id, 3, queue="export")
    assert release_now() == 3
    with as_pat(pat):
        assert acts.purge("export", "Full of junk") == 3
    assert brokers.depth("export").total == 0
    superuser_sql.execute("UPDATE job_outbox SET due_at = now() - interval '1 second'")  # a minute later
    assert (release_now(), brokers.depth("export").total) == (3, 3)
    assert said(superuser_sql, "broker.purged") == {"queue": "export", "messages": 3, "reason": "Full of junk"}


def test_there_is_no_such_queue(pat, app, alone):
    with as_pat(pat), pytest.raises(NotFound):
        acts.purge("no-such", "Why not")


def said(sql, type_):
    """Return what the newest fact of a type says."""
    return sql.execute("SELECT data FROM outbox WHERE type = %s ORDER BY id DESC LIMIT 1", [type_]).fetchone()["data"]
