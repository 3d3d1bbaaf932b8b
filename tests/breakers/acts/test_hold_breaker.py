"""A person holds a breaker in a state, for a time, with a reason."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from flask import Flask

from app.breakers import pushing, service
from app.breakers.fleet.sync import join_fleet, leave_fleet
from app.breakers.models import BreakerTransition
from app.core import clock
from app.core.db import db
from app.core.installation import installation
from tests.breakers.console import attempt, fail, make_breaker
from tests.site import wait_for
from tests.world import Person, World

HOLDS = {"open": ("FORCED_OPEN", False), "disable": ("DISABLED", True), "metrics-only": ("METRICS_ONLY", True)}


def address(name: str, act: str) -> str:
    return f"/api/degradation/circuits/{name}/{act}"


@pytest.mark.parametrize("act", HOLDS)
def test_a_held_breaker_obeys_at_once_and_says_who_and_why(
    pat: Person, world: World, act: str, pump: Callable[[], int]
) -> None:
    state, lets_through = HOLDS[act]
    one = make_breaker()
    answer = pat.post(address(one.name, act), json={"reason": "The partner moves house", "forS": 600})
    assert answer.status_code == 200, answer.text
    assert answer.json["state"] == state
    assert answer.json["forced"]["by"] == pat.name
    assert attempt(one, lambda: None) is lets_through
    shown = pat.get(f"/api/degradation/circuits/{one.name}").json
    assert (shown["state"], shown["forced"]["reason"]) == (state, "The partner moves house")
    pump()
    row = world.sql.execute(
        "SELECT reason, actor_id, data FROM audit WHERE type = 'breaker.forced' AND row_id = %s", (one.name,)
    ).fetchone()
    assert row is not None
    assert (row["reason"], row["actor_id"], row["data"]["to"]) == ("The partner moves house", pat.public_id, state)


def test_a_held_breaker_is_let_go_by_the_clock_of_each_process(pat: Person) -> None:
    one = make_breaker()
    pat.post(address(one.name, "open"), json={"forS": 600})
    assert attempt(one, lambda: None) is False
    with time_machine.travel(clock.now() + timedelta(seconds=601), tick=True):
        assert attempt(one, lambda: None) is True
        assert pat.get(f"/api/degradation/circuits/{one.name}").json["state"] == "CLOSED"


def test_the_history_tells_that_a_hold_ended_on_time(app: Flask, pat: Person) -> None:
    one = make_breaker()
    pat.post(address(one.name, "open"), json={"forS": 10, "reason": "x"})
    with time_machine.travel(clock.now() + timedelta(seconds=60), tick=True), app.app_context():
        assert service.end_forces() >= 1
        service.end_forces()
    told = pat.get(address(one.name, "transitions")).json["items"]
    assert [(row["fromState"], row["toState"]) for row in told] == [
        ("FORCED_OPEN", "CLOSED"),
        ("CLOSED", "FORCED_OPEN"),
    ]
    assert told[0]["by"] == "Quarterdeck"


@pytest.mark.parametrize("act", ["close", "reset"])
@pytest.mark.parametrize("hold", HOLDS)
def test_closing_and_resetting_let_go_and_begin_anew(
    pat: Person, world: World, pump: Callable[[], int], act: str, hold: str
) -> None:
    one = make_breaker()
    fail(one, 2)
    assert one.state.name == "OPEN"
    pat.post(address(one.name, hold), json={})
    answer = pat.post(address(one.name, act), json={"reason": "It is back"})
    assert (answer.json["state"], answer.json["forced"]) == ("CLOSED", None)
    assert pat.get(f"/api/degradation/circuits/{one.name}").json["state"] == "CLOSED"
    assert one.state.name == "CLOSED"
    assert attempt(one, lambda: None) is True
    pump()
    rows = world.sql.execute("SELECT type FROM audit WHERE row_id = %s ORDER BY id", (one.name,)).fetchall()
    assert [row["type"] for row in rows if row["type"] != "breaker.transitioned"] == [
        "breaker.forced",
        "breaker.released",
        "breaker.reset",
    ]


def test_the_reset_of_the_page_lets_go_too(pat: Person) -> None:
    one = make_breaker()
    pat.post(address(one.name, "open"), json={})
    assert pat.post(f"/breakers/{one.name}/reset").status_code == 303
    assert one.state.name == "CLOSED"
    assert "is closed" in pat.get(f"/breakers/{one.name}").text


def test_closing_for_a_time_lets_everything_through_and_counts_nothing(pat: Person) -> None:
    one = make_breaker()
    assert pat.post(address(one.name, "close"), json={"forS": 600}).json["state"] == "DISABLED"
    fail(one, 20)
    assert one.state.name == "DISABLED"


def test_a_repeat_with_the_same_key_acts_once(app: Flask, pat: Person) -> None:
    one = make_breaker()
    for _ in range(2):
        answer = pat.post(address(one.name, "open"), json={"forS": 60}, headers={"Idempotency-Key": one.name})
        assert answer.status_code == 200
    with app.app_context(), installation():
        assert db.session.query(BreakerTransition).filter_by(name=one.name).count() == 1


@pytest.mark.parametrize("for_s", [0, 9, -1, 40 * 24 * 3600])
def test_a_time_nobody_means_is_refused(pat: Person, for_s: int) -> None:
    answer = pat.post(address(make_breaker().name, "open"), json={"forS": for_s})
    assert (answer.status_code, answer.json["code"]) == (422, "breaker-expiry-out-of-range")


def test_a_breaker_nobody_knows_is_named_with_those_there_are(pat: Person) -> None:
    known = make_breaker().name
    answer = pat.post(address("no-such", "open"), json={})
    assert answer.status_code == 404
    assert known in answer.json["known"]


@pytest.mark.parametrize("act", ["open", "close", "disable", "metrics-only", "reset"])
def test_only_platform_admins_may(ada: Person, vera: Person, act: str) -> None:
    one = make_breaker()
    for person in (ada, vera):
        assert person.post(address(one.name, act), json={}).status_code == 403
    assert one.state.name == "CLOSED"


def test_without_valkey_a_reset_still_reaches_a_process_by_its_settings(app: Flask, pat: Person, world: World) -> None:
    one = make_breaker()
    pat.post(address(one.name, "open"), json={"forS": 60})
    pat.post(address(one.name, "close"), json={})
    held = world.sql.execute("SELECT changed_in FROM breakers WHERE name = %s", (one.name,)).fetchone()["changed_in"]
    leave_fleet()  # first: the close's own reset may still be on its way through the fleet
    try:
        with app.app_context(), installation():
            # Again, if an app of another test, which polls in this very process, hears of the close only now.
            wait_for(lambda: fail(one, 2) or pushing.refresh(held) or one.state.name == "OPEN", limit_s=30)
            world.sql.execute(
                "UPDATE breakers SET reset_in = %s, changed_in = %s WHERE name = %s", (held + 1, held + 1, one.name)
            )
            pushing.refresh(held)
        assert one.state.name == "CLOSED"
    finally:
        join_fleet(app.config["SETTINGS"])
