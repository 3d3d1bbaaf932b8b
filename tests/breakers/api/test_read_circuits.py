"""`GET /api/degradation/circuits` and what hangs below it."""

from tests.breakers.console import fail, make_breaker, succeed
from tests.site import wait_for
from tests.world import Person

CIRCUITS = "/api/degradation/circuits"
READY = {"database", "external-api", "ai-service", "storage", "redis", "search", "email", "webhooks"}


def test_all_ready_made_breakers_are_listed(pat: Person) -> None:
    answer = pat.get(CIRCUITS).json
    assert {one["name"] for one in answer["items"]} >= READY
    assert answer["nextCursor"] is None
    assert answer["degraded"] is False


def test_a_circuit_tells_what_the_fleet_counted(pat: Person) -> None:
    one = make_breaker(sliding_window_size=10, minimum_number_of_calls=10)
    fail(one, 3)
    succeed(one, 2)

    def told() -> bool:  # what a process says of itself comes up to a second after what the fleet counted
        shown = pat.get(f"{CIRCUITS}/{one.name}").json
        fleet = (shown["bufferedCalls"], shown["failedCalls"], shown["processes"])
        return fleet == (5, 3, 1) and shown["reports"][0]["bufferedCalls"] == 5

    wait_for(told)
    shown = pat.get(f"{CIRCUITS}/{one.name}").json
    assert (shown["state"], shown["failureRate"], shown["slowCallRate"]) == ("CLOSED", -1, -1)
    assert shown["config"]["failureRateThreshold"] == 50
    assert shown["reports"][0]["failedCalls"] == 3
    wait_for(lambda: pat.get(f"{CIRCUITS}/{one.name}").json["callers"] != [])


def test_an_open_circuit_keeps_the_figures_that_opened_it(pat: Person) -> None:
    one = make_breaker()
    fail(one, 2)
    wait_for(lambda: pat.get(f"{CIRCUITS}/{one.name}").json["state"] == "OPEN")
    shown = pat.get(f"{CIRCUITS}/{one.name}").json
    assert (shown["bufferedCalls"], shown["failedCalls"], shown["failureRate"]) == (2, 2, 100)
    assert shown["openUntil"] > shown["since"]
    assert shown["reason"] == "failure-rate"
    assert shown["generation"] > 0


def test_the_page_of_an_open_circuit_shows_the_calls_that_opened_it(pat: Person) -> None:
    one = make_breaker(sliding_window_size=4, minimum_number_of_calls=4)
    succeed(one, 2)
    fail(one, 2)
    wait_for(lambda: "The last 4 calls before it opened" in pat.get(f"/breakers/{one.name}").text)
    assert "4 calls, oldest first: 2 good, 0 slow, 2 failed" in pat.get(f"/breakers/{one.name}").text


def test_reset_closes_it_in_all_processes_and_rises_the_generation(pat: Person) -> None:
    one = make_breaker()
    fail(one, 2)
    wait_for(lambda: pat.get(f"{CIRCUITS}/{one.name}").json["generation"] > 0)
    before = pat.get(f"{CIRCUITS}/{one.name}").json["generation"]
    assert pat.post(f"{CIRCUITS}/{one.name}/reset", json={"reason": "It is back"}).status_code == 200
    after = pat.get(f"{CIRCUITS}/{one.name}").json
    assert (after["state"], after["bufferedCalls"]) == ("CLOSED", 0)
    assert after["generation"] > before
    again = pat.post(f"{CIRCUITS}/{one.name}/reset")
    assert (again.status_code, again.json["state"]) == (200, "CLOSED")


def test_a_reset_that_is_undone_resets_nothing(app, pat: Person) -> None:
    from app.breakers import service
    from app.core.db import transaction
    from app.core.installation import installation

    one = make_breaker()
    fail(one, 2)
    with app.app_context(), installation():
        try:
            with transaction():
                service.reset_breaker(one.name)
                raise ZeroDivisionError
        except ZeroDivisionError:
            pass
        with transaction():
            pass
    assert one.state.name == "OPEN"


def test_without_valkey_the_answer_says_that_each_process_decides_alone(pat: Person, monkeypatch) -> None:
    from app.core.redis import EXTENSION, RequestRedis, connect

    one = make_breaker()
    fail(one, 2)
    away = connect(pat.app.config["SETTINGS"].model_copy(update={"redis_url": _nowhere()}), timeout_s=0.1)
    monkeypatch.setitem(pat.app.extensions, EXTENSION, RequestRedis(away))
    shown = pat.get(f"{CIRCUITS}/{one.name}").json
    assert (shown["state"], shown["degraded"]) == ("OPEN", True)
    assert pat.get(CIRCUITS).json["degraded"] is True
    assert "Valkey is away, so each process decides alone" in pat.get("/breakers").text
    assert pat.get(f"/breakers/{one.name}").status_code == 200


def _nowhere():
    from pydantic import SecretStr

    return SecretStr("redis://127.0.0.1:1/0")


def test_only_platform_admins_read_them(ada: Person, vera: Person, cleo: Person) -> None:
    one = make_breaker()
    for person in (ada, vera, cleo):
        for path in (CIRCUITS, f"{CIRCUITS}/{one.name}", f"{CIRCUITS}/{one.name}/transitions"):
            assert person.get(path).status_code == 403, path
