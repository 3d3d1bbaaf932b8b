"""/metrics tells queues, job names and workers, under Flower's names where it has one."""

import json
import re
import time
from collections.abc import Callable

import pytest
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families as parse
from redis import Redis

from app.core.ids import new_ulid
from app.queues.figures import samples
from app.queues.workers import watch
from app.queues.workers.model import Running, WorkerFacts
from tests.queues.figures.conftest import Ledger
from tests.world import Person

# What the boards that come with Flower ask for.
FLOWER = {
    "flower_events_total", "flower_task_runtime_seconds_bucket", "flower_task_runtime_seconds_sum",
    "flower_task_runtime_seconds_count", "flower_task_prefetch_time_seconds",
}  # fmt: skip


@pytest.fixture
def scrape(app: Flask) -> Callable[[], dict[tuple[str, tuple[tuple[str, str], ...]], float]]:
    """Fold, and ask as Prometheus does; return value by name and labels."""

    def run() -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
        with app.app_context():
            samples.keep_figures()
        answer = app.test_client().get("/metrics")
        assert answer.status_code == 200
        return {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in parse(answer.text)
            for sample in family.samples
        }

    return run


def test_the_names_are_flowers(ada: Person, ledger: Ledger, scrape: Callable[[], dict[object, float]]) -> None:
    ledger.end(ada)
    assert {name for name, _ in scrape()} >= FLOWER  # type: ignore[misc]


def test_counts_and_run_times_are_those_of_the_ledger(
    ada: Person, ledger: Ledger, scrape: Callable[[], dict[object, float]]
) -> None:
    task = f"scraped.{new_ulid()}"
    for ran in (20, 200, 2000):
        ledger.end(ada, name=task, ran_ms=ran)
    ledger.end(ada, "failed", name=task, ran_ms=40)
    found = scrape()

    def value(metric: str, /, **labels: str) -> float:
        return found[(metric, tuple(sorted(labels.items())))]

    who = {"worker": "w", "task": task}
    assert value("flower_events_total", type="task-succeeded", **who) == 3
    assert value("flower_events_total", type="task-failed", **who) == 1
    assert value("flower_task_runtime_seconds_count", **who) == 4
    assert value("flower_task_runtime_seconds_sum", **who) == pytest.approx(2.26)
    assert [value("flower_task_runtime_seconds_bucket", le=le, **who) for le in ("0.025", "0.25", "5.0", "+Inf")] == [
        1, 3, 4, 4,
    ]  # fmt: skip
    assert value("quarterdeck_jobs_total", queue="maintenance", name=task, outcome="queued") == 4


def test_every_queue_says_how_full_it_is(scrape: Callable[[], dict[object, float]]) -> None:
    found = scrape()
    names = {name for name, labels in found if ("queue", "email") in labels}  # type: ignore[misc]
    assert names >= {
        "quarterdeck_queue_waiting", "quarterdeck_queue_oldest_seconds", "quarterdeck_queue_running",
        "quarterdeck_queue_slots", "quarterdeck_queue_target_seconds", "quarterdeck_queue_behind",
    }  # fmt: skip
    assert found[("quarterdeck_queue_sample_age_seconds", ())] < 60


def test_workers_are_told_as_flower_tells_them(
    app: Flask, redis_url: str, scrape: Callable[[], dict[object, float]]
) -> None:
    busy = WorkerFacts(
        node="celery@busy", seen_at=1, answered_at=1, queues=["email"],
        running=[Running("J1", "mail.send", 1), Running("J2", "mail.send", 1)],
        prefetched=[Running("J3", "mail.send", 1)],
    )  # fmt: skip
    gone = WorkerFacts(node="celery@gone", seen_at=1, answered_at=1, queues=["email"], misses=9)
    with Redis.from_url(redis_url) as client:
        client.set(watch.KEY, json.dumps({"at": time.time(), "workers": [busy.to_json(), gone.to_json()]}))
        found = scrape()
        client.delete(watch.KEY)
    told = {(name, dict(labels)["worker"]): value for name, labels in found if "worker" in dict(labels)
            for value in [found[(name, labels)]] if dict(labels)["worker"] in {"celery@busy", "celery@gone"}}  # fmt: skip
    assert told == {
        ("flower_worker_online", "celery@busy"): 1,
        ("flower_worker_online", "celery@gone"): 0,
        ("flower_worker_number_of_currently_executing_tasks", "celery@busy"): 2,
        ("flower_worker_number_of_currently_executing_tasks", "celery@gone"): 0,
        ("flower_worker_prefetched_tasks", "celery@busy"): 1,
    }


def test_no_label_names_a_job_or_a_company(
    ada: Person, ledger: Ledger, scrape: Callable[[], dict[object, float]]
) -> None:
    job_id = ledger.end(ada)
    text = str(list(scrape()))
    assert job_id not in text
    assert ada.company_slug not in text
    assert not re.search(r"'[0-9A-HJKMNP-TV-Z]{26}'", text)
