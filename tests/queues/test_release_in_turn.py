"""Releasing: no more than may run, the most urgent first, and every company in turn."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.core.jobs import release
from app.core.jobs.picking import KINDS
from app.core.redis import request_redis
from tests.queues import chores
from tests.queues.waiting import end_flying, let_wait

assert chores  # its names are known here


@pytest.fixture
def sent(app, superuser_sql, release_now):
    """Release and end so many jobs at a time until none waits; return whose jobs were sent, in their order."""

    def drain(at_once, until=lambda order: False):
        order = []
        while not until(order) and release_now():
            order += flying(app)
            end_flying(superuser_sql, at_once)
        return order

    return drain


def flying(app, queue="maintenance"):
    """Take what stands in the broker's list: the companies of its messages, in their order."""
    with app.app_context():
        client = request_redis().client
        messages = client.lrange(queue, 0, -1)
        client.delete(queue)
    return [int(json.loads(one)["headers"]["argsrepr"].strip("[]()").split(",")[0]) for one in reversed(messages)]


def set_concurrency(sql, queue, count):
    sql.execute(
        "INSERT INTO queue_settings (company_id, queue, concurrency) "
        "SELECT id, %s, %s FROM companies WHERE slug = 'platform'",
        [queue, count],
    )


def test_no_more_is_released_than_may_run(ada, release_now, superuser_sql):
    let_wait(superuser_sql, ada.company_id, 30, queue="export")
    assert (release_now(), release_now()) == (5, 0)
    assert end_flying(superuser_sql, 2) == 2
    assert release_now("export") == 2


def test_a_worker_refills_several_slots_at_a_time_and_the_relay_single_ones(ada, release_now, superuser_sql):
    let_wait(superuser_sql, ada.company_id, 100, queue="notification")
    assert release_now() == 20
    end_flying(superuser_sql, 4)
    assert release_now("notification") == 0
    end_flying(superuser_sql, 1)
    assert (release_now("notification"), release_now()) == (5, 0)
    end_flying(superuser_sql, 1)
    assert release_now() == 1


def test_a_person_may_change_how_many_run(ada, release_now, superuser_sql):
    let_wait(superuser_sql, ada.company_id, 30, queue="export")
    set_concurrency(superuser_sql, "export", 12)
    assert release_now() == 12


def test_what_is_not_due_waits(ada, release_now, superuser_sql):
    let_wait(superuser_sql, ada.company_id, 3, later_s=7200)
    assert release_now() == 0
    superuser_sql.execute("UPDATE job_outbox SET due_at = now()")
    assert release_now() == 1


def test_more_urgent_jobs_go_first(ada, app, release_now, superuser_sql):
    let_wait(superuser_sql, ada.company_id, 3)
    let_wait(superuser_sql, ada.company_id, 1, priority=5, later_s=600)
    release_now()
    urgent = superuser_sql.execute("SELECT priority FROM job_outbox WHERE phase = 'sent'").fetchall()
    assert [row["priority"] for row in urgent] == [5]


@pytest.mark.parametrize("at_once", [1, 10])
def test_who_sends_ten_does_not_wait_for_who_sent_ten_thousand(ada, cleo, sent, superuser_sql, at_once):
    set_concurrency(superuser_sql, "maintenance", at_once)
    let_wait(superuser_sql, ada.company_id, 10_000)
    let_wait(superuser_sql, cleo.company_id, 10, later_s=60)
    order = sent(1, until=lambda order: order.count(cleo.company_id) == 10)
    assert len(order) <= 2 * 10 + at_once


def test_three_companies_take_turns_where_one_job_runs_at_a_time(ada, cleo, world, sent, superuser_sql):
    companies = {ada.company_id, cleo.company_id, world.company("third")["id"]}
    for company in companies:
        let_wait(superuser_sql, company, 5)
    order = sent(1)
    assert len(order) == 15
    assert all(set(order[at : at + 3]) == companies for at in range(0, 15, 3))


def test_two_releasers_at_once_send_nothing_twice(ada, app, superuser_sql, alone):
    set_concurrency(superuser_sql, "export", 80)
    let_wait(superuser_sql, ada.company_id, 300, queue="export")
    with ThreadPoolExecutor(4) as pool:
        counts = list(pool.map(lambda _: release.release_due(app), range(12)))
    assert sum(counts) == 80
    assert len(flying(app, "export")) == 80
    in_hand = superuser_sql.execute("SELECT count(*) AS n, max(sends) AS most FROM job_outbox WHERE phase = 'sent'")
    assert tuple(in_hand.fetchone().values()) == (80, 1)


def test_what_was_not_taken_is_rung_again(ada, app, release_now, superuser_sql):
    let_wait(superuser_sql, ada.company_id, 1)
    assert release_now() == 1
    superuser_sql.execute("UPDATE job_outbox SET due_at = now() - interval '1 second'")
    assert (release_now(), release_now()) == (1, 0)
    row = superuser_sql.execute(
        "SELECT sends, due_at > now() + interval '100 s' AS is_later FROM job_outbox"
    ).fetchone()
    assert (row["sends"], row["is_later"]) == (2, True)
    assert flying(app) == [ada.company_id] * 2


def test_a_flood_of_one_company_is_not_read_through(ada, world, superuser_sql, alone):
    let_wait(superuser_sql, ada.company_id, 100_000)
    for other in range(10):
        let_wait(superuser_sql, world.company(f"other-{other}")["id"], 1, later_s=60)
    superuser_sql.execute("ANALYZE job_outbox")  # else the plan is one for the rows of the tests before
    for statement in (KINDS, release.STATE):
        nodes, rows = read_plan(superuser_sql, str(statement))
        assert nodes <= {"Index Only Scan", "Index Scan"}
        assert rows < 100


def read_plan(sql, text):
    """Return how rows were found: by which scans, and how many."""
    for name, value in {
        ":queues": "ARRAY['maintenance', 'export', 'email']",
        ":queue": "'maintenance'",
        ":most": "5000",
    }.items():
        text = text.replace(name, value)
    plan = sql.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + text).fetchone()["QUERY PLAN"][0]["Plan"]
    nodes, rows, rest = set(), 0, [plan]
    while rest:
        node = rest.pop()
        rest += node.get("Plans", [])
        if "Relation Name" in node:
            nodes.add(node["Node Type"])
            rows += int((node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"])
    return nodes, rows
