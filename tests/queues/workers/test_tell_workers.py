"""Telling workers: what each answered is shown, and silence is never taken for yes."""

import signal
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from app.queues.workers.model import Snapshot, WorkerFacts, WorkerState
from app.queues.workers.telling import tell
from tests.queues.workers.conftest import START_LIMIT_S, Crew
from tests.site import wait_for
from tests.world import Person

pytestmark = pytest.mark.slow
See = Callable[[str], WorkerFacts]


def told(person: Person, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = person.post(f"/api/workers/{path}", json=body)
    assert answer.status_code == 200, answer.text
    (reply,) = answer.json["replies"]
    return dict(reply)


def test_a_pool_grows_and_shrinks(pat: Person, node: str, see: See) -> None:
    grown = told(pat, f"{node}/pool", {"change": "grow", "slots": 2})
    assert (grown["outcome"], grown["text"]) == ("done", "pool will grow")
    wait_for(lambda: len(see(node).pids) == 4, limit_s=30)
    assert told(pat, f"{node}/pool", {"change": "shrink", "slots": 2})["outcome"] == "done"
    wait_for(lambda: len(see(node).pids) == 2, limit_s=30)


def test_the_last_slot_is_never_taken_away(pat: Person, node: str, see: See) -> None:
    refused = pat.post(f"/api/workers/{node}/pool", json={"change": "shrink", "slots": 2})
    assert (refused.status_code, refused.json["code"], refused.json["slots"]) == (409, "last-slot", "2 slots")
    page = pat.post(f"/workers/{node}/pool", data={"change": "shrink", "slots": "2"})
    assert (page.status_code, f"{node} has 2 slots." in page.text) == (409, True)
    assert pat.post("/api/workers/every/pool", json={"change": "shrink", "slots": 100}).status_code == 409
    assert (see(node).slots, len(see(node).pids)) == (2, 2)


def test_a_worker_counts_its_slots_itself_when_it_shrinks(app: Flask, node: str, see: See) -> None:
    with app.app_context():
        (reply,) = tell([node], "pool_shrink", n=2)
    assert (reply.outcome, reply.text) == ("refused", "it has 2 slots and keeps at least one")
    assert len(see(node).pids) == 2


def test_by_form_every_reply_is_shown_and_kept_in_the_audit(pat: Person, node: str, world: Any) -> None:
    data = {"change": "cancel", "queue": "ocr"}
    answer = pat.post(f"/workers/{node}/consumers", data=data)
    assert answer.status_code == 200
    assert node in answer.text
    assert "no longer consuming from ocr" in answer.text
    facts = world.sql.execute("SELECT data FROM outbox WHERE type = 'worker.told' ORDER BY id DESC LIMIT 1").fetchone()
    assert facts["data"]["values"] == {"queue": "ocr"}
    assert facts["data"]["replies"][node].startswith("done: ")
    assert pat.post(f"/workers/{node}/consumers", data={"change": "add", "queue": "ocr"}).status_code == 200


def test_a_queue_is_left_and_taken_again(pat: Person, node: str, see: See) -> None:
    assert told(pat, f"{node}/consumers", {"change": "cancel", "queue": "report"})["outcome"] == "done"
    wait_for(lambda: "report" not in see(node).queues, limit_s=20)
    assert told(pat, f"{node}/consumers", {"change": "add", "queue": "report"})["outcome"] == "done"
    wait_for(lambda: "report" in see(node).queues, limit_s=20)


def test_limits_are_set(pat: Person, node: str) -> None:
    job = "schedules.fan_out"
    assert told(pat, f"{node}/rate-limit", {"job": job, "rate": "10/m"})["outcome"] == "done"
    assert told(pat, f"{node}/rate-limit", {"job": job, "rate": "0"})["outcome"] == "done"
    assert told(pat, f"{node}/time-limit", {"job": job, "softS": 30, "hardS": 60})["outcome"] == "done"


def test_a_refusal_is_shown_as_one(pat: Person, node: str) -> None:
    reply = told(pat, f"{node}/autoscale", {"lowest": 1, "highest": 3})
    assert (reply["outcome"], "Autoscale not enabled" in reply["text"]) == ("refused", True)
    html = pat.post(f"/workers/{node}/autoscale", data={"lowest": "1", "highest": "3"}).text
    assert "1 refused" in html


@pytest.mark.parametrize(
    ("act", "body"),
    [
        ("pool", {"change": "grow", "slots": 0}), ("pool", {"change": "double", "slots": 1}),
        ("autoscale", {"lowest": 3, "highest": 1}), ("consumers", {"change": "add", "queue": "nobody"}),
        ("rate-limit", {"job": "schedules.fan_out", "rate": "often"}), ("rate-limit", {"job": "no.job", "rate": "1/s"}),
        ("time-limit", {"job": "schedules.fan_out", "softS": 60, "hardS": 30}), ("shutdown", {"reason": " "}),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(pat: Person, node: str, act: str, body: dict[str, Any]) -> None:
    assert pat.post(f"/api/workers/{node}/{act}", json=body).status_code == 422
    form = {{"softS": "soft_s", "hardS": "hard_s"}.get(key, key): str(value) for key, value in body.items()}
    assert pat.post(f"/workers/{node}/{act}", data=form).status_code in {400, 422}


def test_one_that_does_not_answer_is_unknown_and_not_at_once_silent(
    pat: Person, node: str, crew: Crew, see: See
) -> None:
    crew.workers[node].send_signal(signal.SIGSTOP)  # its children go on, as those of a busy worker do
    try:
        # It hears this once it goes on: something that changes nothing for the tests that share it.
        reply = told(pat, f"{node}/consumers", {"change": "add", "queue": "report"})
        assert (reply["outcome"], "not known" in reply["text"]) == ("unknown", True)
        assert (
            "1 did not answer"
            in pat.post(f"/workers/{node}/rate-limit", data={"job": "schedules.fan_out", "rate": "0"}).text
        )
        assert see(node).state is WorkerState.ONLINE  # one miss is nothing
        assert "missed 1 question" in pat.get("/workers").text
        for _ in range(3):
            state = see(node).state
        assert state is WorkerState.UNANSWERING
        assert "its processes are alive" in pat.get("/workers").text
    finally:
        crew.workers[node].send_signal(signal.SIGCONT)
    wait_for(lambda: see(node).misses == 0, limit_s=30)


@pytest.mark.parametrize("act", ["pool", "consumers", "shutdown"])
def test_nobody_else_tells_workers(ada: Person, vera: Person, node: str, act: str) -> None:
    for person in (ada, vera):
        assert person.post(f"/workers/{node}/{act}", data={"reason": "x"}).status_code == 403
        assert person.post(f"/api/workers/{node}/{act}", json={"reason": "x"}).status_code == 403


def test_a_shut_down_worker_answers_first_and_then_ends(
    pat: Person, crew: Crew, look: Callable[[], Snapshot], world: Any
) -> None:
    node = crew.start()
    wait_for(lambda: look().find(node) is not None, limit_s=START_LIMIT_S, say=lambda: crew.site.log(node))
    assert pat.post(f"/workers/{node}/shutdown", data={}).status_code == 422
    answer = pat.post(f"/workers/{node}/shutdown", data={"reason": "The machine is renewed"})
    assert (answer.status_code, "then it is given back" in answer.text) == (200, True)
    assert crew.workers[node].wait(60) is not None
    facts = world.sql.execute("SELECT data FROM outbox WHERE type = 'worker.told' ORDER BY id DESC LIMIT 1").fetchone()
    assert (facts["data"]["act"], facts["data"]["reason"]) == ("shutdown", "The machine is renewed")
