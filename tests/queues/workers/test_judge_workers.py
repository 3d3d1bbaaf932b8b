"""When a worker is online, busy, or silent: never at the first miss."""

from typing import Any

import pytest

from app.queues.workers.model import Snapshot, WorkerFacts, WorkerState
from app.queues.workers.views.looks import look_of, verdict_of, verdict_on
from app.queues.workers.watch import FORGOTTEN_S, merge

NODE, NOW = "celery@host", 1_000_000.0
ALIVE = {("host", 12)}


def told(*nodes: str, **more: Any) -> dict[str, Any]:
    pool = {"implementation": "celery.concurrency.prefork:TaskPool", "max-concurrency": 2, "processes": [12, 13]}
    stats = {node: {"pid": 11, "pool": pool, "uptime": 60, "total": {"a": 2}} for node in nodes}
    empty: dict[str, Any] = {name: {} for name in ("active", "reserved", "scheduled", "active_queues", "about")}
    return {"stats": stats, **empty, **more}


def after_misses(misses: int, alive: set[tuple[str, int]], *, every_s: float = 8) -> WorkerFacts | None:
    known: Snapshot | None = merge(None, told(NODE), alive, NOW)
    for number in range(1, misses + 1):
        known = merge(known, told(), alive, NOW + number * every_s)
    assert known is not None
    return known.find(NODE)


@pytest.mark.parametrize("misses", [0, 1, 2])
def test_a_few_misses_are_nothing(misses: int) -> None:
    found = after_misses(misses, set())
    assert found is not None
    assert (found.state, found.misses) == (WorkerState.ONLINE, misses)


def test_without_an_answer_and_without_a_process_it_is_silent() -> None:
    found = after_misses(3, set())
    assert found is not None
    assert found.state is WorkerState.SILENT


def test_busy_for_half_an_hour_it_is_not_silent() -> None:
    found = after_misses(225, ALIVE)
    assert found is not None
    assert found.state is WorkerState.UNANSWERING


def test_a_process_of_another_host_speaks_for_nobody() -> None:
    found = after_misses(3, {("other", 12)})
    assert found is not None
    assert found.state is WorkerState.SILENT


def test_an_answer_ends_it_and_long_silence_is_forgotten() -> None:
    known = merge(None, told(NODE), set(), NOW)
    for number in range(5):
        known = merge(known, told(), set(), NOW + number)
    back = merge(known, told(NODE), set(), NOW + 60).find(NODE)
    assert back is not None
    assert (back.state, back.misses, back.seen_at) == (WorkerState.ONLINE, 0, NOW)
    assert merge(known, told(), set(), NOW + FORGOTTEN_S + 1).workers == []


def test_what_is_kept_reads_as_it_was_written() -> None:
    task = {"id": "01J", "name": "a", "args": [7, "01J"], "time_start": NOW, "worker_pid": 12}
    known = merge(None, told(NODE, active={NODE: [task]}, reserved={NODE: [{**task, "args": "?"}]}), ALIVE, NOW)
    (one,) = known.workers
    assert (one.running[0].company_id, one.prefetched[0].company_id) == (7, None)
    assert WorkerFacts.of_json(one.to_json()) == one


def test_the_sentence_names_the_worst() -> None:
    silent = after_misses(3, set())
    assert silent is not None
    fine = merge(None, told("b@host"), ALIVE, NOW).workers[0]
    assert verdict_of(Snapshot(NOW, [silent, fine]), 1).text == "celery@host is silent; 1 worker online."
    assert verdict_of(Snapshot(NOW, [silent]), 1).text.startswith("No worker answers")
    assert verdict_of(Snapshot(NOW, []), 1).tone == "bad"
    assert verdict_of(Snapshot(NOW, [fine]), 90).tone == "warn"
    assert verdict_of(None, None).tone == "idle"
    assert verdict_of(Snapshot(NOW, [fine]), 1).text == "1 worker online, 0 of 2 slots busy."


def test_slots_are_processes_that_are_there_and_none_is_no_good_news() -> None:
    answered = told(NODE)
    answered["stats"][NODE]["pool"]["processes"] = []
    found = merge(None, answered, ALIVE, NOW)
    assert (found.workers[0].slots, look_of(found.workers[0])[2]) == (0, "No slot")
    assert verdict_of(found, 1).text.startswith("No worker has a slot")
    assert verdict_on(found.workers[0]).tone == "bad"
    threads = {NODE: {"pid": 11, "pool": {"implementation": "a:TaskPool", "max-concurrency": 4}}}
    assert merge(None, {**told(NODE), "stats": threads}, ALIVE, NOW).workers[0].slots == 4
