"""What a monitor sees: /api/degradation/health for anyone signed in, and resilience4j's names at /metrics."""

from flask import Flask

from app.breakers import registry, totals
from app.breakers.figures import Minute
from app.breakers.ready import READY
from app.breakers.states import State
from tests.world import Person

ANSWER = "/api/degradation/health"


def test_anyone_signed_in_sees_how_every_part_is(vera: Person, pat: Person, app: Flask) -> None:
    for person in (vera, pat):
        answer = person.get(ANSWER)
        assert answer.status_code == 200
        assert answer.json["status"] in {"healthy", "degraded"}
        assert {one.name for one in READY} <= set(answer.json["circuits"])
        assert set(answer.json["features"]) == {"status", "revision", "stale", "source", "ageS"}
        assert answer.json["circuits"]["database"] == {"status": "healthy", "state": "CLOSED", "scope": "fleet"}
    assert app.test_client().get(ANSWER).status_code == 401


def test_an_open_breaker_makes_the_whole_degraded(vera: Person) -> None:
    one = registry.breaker("webhooks")
    one.force(State.FORCED_OPEN)
    try:
        answer = vera.get(ANSWER).json
    finally:
        one.force(None)
    assert answer["status"] == "degraded"
    assert answer["circuits"]["webhooks"] == {"status": "degraded", "state": "FORCED_OPEN", "scope": "fleet"}
    assert answer["circuits"]["email"]["status"] == "healthy"


def test_prometheus_reads_states_windows_and_counters(app: Flask, vera: Person) -> None:
    one = registry.breaker("webhooks")
    with app.app_context():
        before = totals.read().get(("webhooks", "failed"), 0)
        totals.keep(Minute("webhooks", 0, calls=5, failures=2, slow=1, rejected=7))
        totals.send()
    one.force(State.FORCED_OPEN)
    try:
        text = app.test_client().get("/metrics").text
    finally:
        one.force(None)
    told = "resilience4j_circuitbreaker_"
    assert f'{told}state{{name="webhooks",state="forced_open"}} 1.0' in text
    assert f'{told}state{{name="webhooks",state="closed"}} 0.0' in text
    assert f'{told}failure_rate{{name="database"}}' in text
    assert f'{told}slow_call_rate{{name="email"}} -1.0' in text
    assert f'{told}buffered_calls{{kind="failed",name="webhooks"}}' in text or (
        f'{told}buffered_calls{{name="webhooks",kind="failed"}}' in text
    )
    assert f'{told}calls_total{{kind="failed",name="webhooks"}} {before + 2}.0' in text or (
        f'{told}calls_total{{name="webhooks",kind="failed"}} {before + 2}.0' in text
    )
    assert f"{told}not_permitted_calls_total" in text
