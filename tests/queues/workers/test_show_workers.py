"""Every worker as it says itself: slots, queues, jobs, release, memory."""

import json
import time
from collections.abc import Callable

import pytest
from flask import Flask

from app.core import tasks
from app.core.broker import QUEUES
from app.core.db import transaction
from app.core.redis import request_redis
from app.queues.workers import watch
from app.queues.workers.model import Running, WorkerFacts
from tests.world import Person, World

pytestmark = pytest.mark.slow
ARGS = {"schedule": "none", "due_at": "2026-01-01T00:00:00Z", "name": "chore.none", "values": {}, "words": "Nothing"}
See = Callable[[str], WorkerFacts]


def test_a_worker_says_what_it_is(node: str, see: See) -> None:
    one = see(node)
    assert (one.state, one.pool, one.slots, len(one.pids)) == ("online", "prefork", 2, 2)
    assert set(one.queues) == set(QUEUES)
    assert (one.release, one.memory_bytes > 10_000_000, one.pid > 0) == ("development", True, True)
    assert "schedules.fan_out" in one.registered
    assert one.conf["task_acks_late"] is True
    assert one.conf["worker_prefetch_multiplier"] == 1
    assert "broker_url" not in one.conf


def test_pages_and_json_show_it_without_asking_it(pat: Person, node: str) -> None:
    html = pat.get("/workers").text
    assert f'id="worker-{node}"' in html
    assert "0 of 2" in html
    assert "Online" in html
    detail = pat.get(f"/workers/{node}")
    assert (detail.status_code, "schedules.fan_out" in detail.text) == (200, True)
    told = pat.get("/api/workers").json
    (one,) = [one for one in told["items"] if one["node"] == node]
    assert (one["state"], one["slots"], one["busy"]) == ("online", 2, 0)
    assert told["asOf"] is not None
    assert "schedules.fan_out" in pat.get(f"/api/workers/{node}").json["registered"]
    assert "Nothing is known yet" not in html


def test_the_menu_leads_to_every_act(pat: Person, node: str) -> None:
    html = pat.get("/workers").text
    for act in ("pool", "autoscale", "consumers", "rate-limit", "time-limit", "shutdown"):
        assert f'href="/workers/{node}/{act}"' in html
        page = pat.get(f"/workers/{node}/{act}")
        assert (page.status_code, "It reaches 1 worker with 2 slots" in page.text) == (200, True)
        assert pat.get(f"/workers/every/{act}").status_code == 200


@pytest.mark.parametrize("path", ["/workers", "/api/workers", "/workers/every/pool", "/workers/every/shutdown"])
def test_only_those_who_run_the_installation_see_them(ada: Person, vera: Person, path: str) -> None:
    assert [person.get(path).status_code for person in (ada, vera)] == [403, 403]


def test_one_that_never_was_is_not_found(pat: Person) -> None:
    assert pat.get("/workers/nobody@nowhere").status_code == 404
    assert pat.get("/api/workers/nobody@nowhere").json["code"] == "worker-not-found"
    assert pat.get("/workers/nobody@nowhere/pool").status_code == 404


def test_a_job_whose_worker_is_silent_says_when_it_is_given_back(
    pat: Person, ada: Person, app: Flask, node: str, see: See, world: World
) -> None:
    with ada.acting(), transaction():
        job_id = tasks.enqueue("schedules.fan_out", ARGS, title="Count every shelf")
    living = "UPDATE job_outbox SET phase = 'running', due_at = now() + interval '20 s' WHERE job_id = %s"
    world.sql.execute(living, (job_id,))
    world.sql.execute(
        "UPDATE jobs SET state = 'running', attempts = 1, lease_until = now() + interval '19 s' WHERE id = %s",
        (job_id,),
    )
    one = see(node)
    one.running = [Running(job_id, "schedules.fan_out", ada.company_id, time.time() - 90, 4_999_999)]
    kept = json.dumps({"at": time.time(), "workers": [one.to_json()]})
    with app.app_context():
        request_redis().run(lambda client: client.set(watch.KEY, kept))
    assert "Its worker has been silent for" in pat.get("/workers").text
    world.sql.execute("UPDATE job_outbox SET due_at = now() + interval '46 s' WHERE job_id = %s", (job_id,))
    assert "silent for" not in pat.get("/workers").text


def test_what_runs_is_shown_with_its_process_and_how_long(
    pat: Person, ada: Person, app: Flask, node: str, see: See
) -> None:
    with ada.acting(), transaction():
        job_id = tasks.enqueue("schedules.fan_out", ARGS, title="Count every shelf")
    one = see(node)
    one.running = [Running(job_id, "schedules.fan_out", ada.company_id, time.time() - 90, 4711)]
    one.prefetched = [Running("01J", "foreign.task", None)]
    kept = json.dumps({"at": time.time(), "workers": [one.to_json()]})
    with app.app_context():
        request_redis().run(lambda client: client.set(watch.KEY, kept))
    for path in ("/workers", f"/workers/{node}"):
        html = pat.get(path).text
        assert f'href="/jobs/{job_id}"' in html
        for words in ("Count every shelf", "1 min", "4711", "1 of 2"):
            assert words in html
    assert "foreign.task" in pat.get(f"/workers/{node}").text
    assert "1 job runs there now" in pat.get(f"/workers/{node}/shutdown").text
    (told,) = pat.get("/api/workers").json["items"]
    assert (told["running"][0]["jobId"], told["running"][0]["pid"]) == (job_id, 4711)
