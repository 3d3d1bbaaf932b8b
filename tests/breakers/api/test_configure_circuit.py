"""`PUT /api/degradation/circuits/<name>/config`."""

import pytest

from tests.breakers.console import attempt, fail, make_breaker
from tests.world import Person


def put(person: Person, name: str, config: dict[str, object], version: int = 0, **more: object):
    path = f"/api/degradation/circuits/{name}/config"
    return person.put(path, json={"config": config, "version": version, **more})


def test_a_change_reaches_the_breaker_and_the_audit(pat: Person, world, pump) -> None:
    one = make_breaker()
    answer = put(pat, one.name, {"failureRateThreshold": 100, "minimumNumberOfCalls": 4}, reason="It flaps")
    assert answer.status_code == 200, answer.text
    assert (answer.json["version"], answer.json["overrides"]["failureRateThreshold"]) == (1, 100)
    fail(one, 3)
    assert attempt(one, lambda: None)
    pump()
    row = world.sql.execute(
        "SELECT data, reason FROM audit WHERE type = 'breaker.configured' AND row_id = %s", (one.name,)
    ).fetchone()
    assert row["reason"] == "It flaps"
    assert row["data"]["changes"]["failureRateThreshold"] == {"before": None, "after": 100}


def test_what_is_not_named_is_as_the_code_says(pat: Person) -> None:
    one = make_breaker()
    put(pat, one.name, {"failureRateThreshold": 80})
    put(pat, one.name, {"slowCallRateThreshold": 90}, version=1)
    assert (one.config.failure_rate_threshold, one.config.slow_call_rate_threshold) == (50, 90)
    put(pat, one.name, {}, version=2)
    assert one.config == one.code_config


def test_two_editors_at_once_get_409_with_what_is_different(pat: Person) -> None:
    one = make_breaker()
    put(pat, one.name, {"failureRateThreshold": 80})
    answer = put(pat, one.name, {"failureRateThreshold": 70})
    assert (answer.status_code, answer.json["code"]) == (409, "version-conflict")
    assert answer.json["changed"] == {"failureRateThreshold": {"before": 80, "after": 70}}
    assert one.config.failure_rate_threshold == 80


def test_a_conflict_says_who_changed_it(pat: Person, pump) -> None:
    one = make_breaker()
    put(pat, one.name, {"failureRateThreshold": 80})
    pump()
    answer = put(pat, one.name, {"failureRateThreshold": 70})
    assert (answer.status_code, answer.json["changedBy"]) == (409, pat.name)
    assert answer.json["changedAt"]


def test_a_minimum_that_the_window_never_holds_is_refused(pat: Person) -> None:
    one = make_breaker(sliding_window_size=50, minimum_number_of_calls=50)
    answer = put(pat, one.name, {"minimumNumberOfCalls": 5000})
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "minimumNumberOfCalls")
    assert "The window is smaller" in answer.json["errors"][0]["message"]
    assert put(pat, one.name, {"minimumNumberOfCalls": 5000, "slidingWindowSize": 5000}).status_code == 200
    form = {"minimumNumberOfCalls": "60", "slidingWindowSize": "20", "version": "1"}
    assert "The window is smaller" in pat.post(f"/breakers/{one.name}/limits", data=form).text


def test_a_smaller_window_shows_the_minimum_that_works(pat: Person) -> None:
    one = make_breaker(sliding_window_size=50, minimum_number_of_calls=50)
    assert put(pat, one.name, {"slidingWindowSize": 10}).status_code == 200
    assert pat.get(f"/api/degradation/circuits/{one.name}").json["config"]["minimumNumberOfCalls"] == 10
    assert "at least 10 calls" in pat.get(f"/breakers/{one.name}").text


def test_holding_it_is_no_conflict_for_who_edits_its_limits(pat: Person) -> None:
    one = make_breaker()
    pat.post(f"/api/degradation/circuits/{one.name}/open", json={})
    assert put(pat, one.name, {"failureRateThreshold": 80}).status_code == 200


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ({"failureRateThreshold": 101}, "failureRateThreshold"),
        ({"failureRateThreshold": "half"}, "failureRateThreshold"),
        ({"slidingWindowType": "NONE"}, "slidingWindowType"),
        ({"recordExceptions": []}, "recordExceptions"),
        ({"noSuch": 1}, "noSuch"),
        ({"initialState": ["OPEN"]}, "initialState"),
        ({"failureRateThreshold": 10**400}, "failureRateThreshold"),
        ({"slidingWindowSize": 10**400}, "slidingWindowSize"),
        ({"slidingWindowSize": True}, "slidingWindowSize"),
        ({"failureRateThreshold": None}, "failureRateThreshold"),
        ({"maxConcurrentCalls": {"a": 1}}, "maxConcurrentCalls"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused_by_name(pat: Person, config: dict[str, object], field: str) -> None:
    one = make_breaker()
    answer = put(pat, one.name, config)
    assert answer.status_code == 422
    assert answer.json["errors"][0]["field"] == field
    assert one.config == one.code_config


def test_nobody_else_may(ada: Person) -> None:
    assert put(ada, make_breaker().name, {}).status_code == 403
