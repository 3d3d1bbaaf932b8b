"""What breakers did and counted is written away from their calls, once, and again after an outage."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy.exc import ProgrammingError

from app.breakers import history
from app.breakers.reads import list_minutes, list_transitions
from app.breakers.recorder import Recorder
from app.breakers.states import Reason, Scope, State, Transition
from app.core import clock
from app.core.ids import new_ulid
from app.core.installation import installation
from tests.breakers.console import fail, make_breaker, succeed
from tests.site import wait_for
from tests.world import Person, World


@pytest.fixture
def recorder(app: Flask) -> Recorder:
    """A recorder whose thread never starts: the test writes."""
    made = Recorder(app)
    made.ensure_started = lambda: None  # type: ignore[method-assign]
    return made


def opened(name: str) -> Transition:
    at = clock.now().timestamp()
    return Transition(name, State.CLOSED, State.OPEN, 7, at, Reason.FAILURE_RATE, 60, 37, 2, "web:test:1", Scope.FLEET)


def test_a_transition_is_kept_with_its_evidence_and_told_as_a_fact(
    recorder, app, pat: Person, world: World, pump
) -> None:
    name = make_breaker().name
    recorder.tell(opened(name))
    recorder.write()
    row = pat.get(f"/api/degradation/circuits/{name}/transitions").json["items"][0]
    assert (row["fromState"], row["toState"], row["reach"], row["reason"]) == (
        "CLOSED",
        "OPEN",
        "fleet",
        "failure-rate",
    )
    assert row["evidence"] == {"calls": 60, "failures": 37, "slow": 2}
    pump()
    told = world.sql.execute(
        "SELECT topic, data FROM audit WHERE type = 'breaker.transitioned' AND row_id = %s", (name,)
    ).fetchall()
    assert [(one["topic"], one["data"]["failures"]) for one in told] == [("breakers", 37)]
    assert "Opened: 37 of 60 calls failed" in pat.get(f"/breakers/{name}").text


def test_a_real_opening_reaches_the_history_by_itself(pat: Person) -> None:
    one = make_breaker()
    fail(one, 2)
    wait_for(lambda: pat.get(f"/api/degradation/circuits/{one.name}/transitions").json["items"] != [], limit_s=30)
    told = pat.get(f"/api/degradation/circuits/{one.name}/transitions").json["items"]
    assert told[-1]["evidence"]["error"] == one.last_error != ""
    assert one.last_error in pat.get(f"/breakers/{one.name}").text
    assert [(row["toState"], row["reach"]) for row in told] == [("OPEN", "fleet")]


def test_what_the_database_could_not_take_is_written_once_when_it_is_back(recorder, app, world: World) -> None:
    one = make_breaker()
    succeed(one, 3)
    recorder.tell(opened(one.name))
    world.sql.execute("REVOKE INSERT ON breaker_transitions, breaker_minutes FROM qd_app")
    try:
        with pytest.raises(ProgrammingError):
            recorder.write()
    finally:
        world.sql.execute("GRANT INSERT ON breaker_transitions, breaker_minutes TO qd_app")
    recorder.write()
    recorder.write()
    with app.app_context(), installation():
        assert len(list_transitions(one.name).items) == 1
        assert sum(point.calls for point in list_minutes(one.name)) == 3


def test_a_transition_whose_answer_was_lost_is_not_kept_twice(app) -> None:
    told, key = opened(make_breaker().name), new_ulid()
    with app.app_context(), installation():
        assert history.write_transition(key, told) is True
        assert history.write_transition(key, told) is False
        assert len(list_transitions(told.name).items) == 1


def test_what_waits_is_bounded(recorder) -> None:
    for _ in range(1500):
        recorder.tell(opened("test-bounded"))
    assert len(recorder._transitions) == 1000


def test_minutes_of_processes_add_up_and_old_ones_are_dropped(app, recorder, world: World) -> None:
    one = make_breaker()
    fail(one, 1)
    succeed(one, 1)
    recorder.write()
    with app.app_context(), installation():
        point = next(point for point in list_minutes(one.name) if point.calls)
        assert (point.calls, point.failures) == (2, 1)
    old = clock.now() - timedelta(days=8)
    world.sql.execute("UPDATE breaker_minutes SET at = %s WHERE name = %s", (old, one.name))
    world.sql.execute(
        "INSERT INTO breaker_transitions (company_id, id, name, at, from_state, to_state) SELECT id, %s, %s, %s, 'CLOSED', 'OPEN' "
        "FROM companies WHERE slug = 'platform'",
        (new_ulid(), one.name, clock.now() - timedelta(days=91)),
    )
    with app.app_context():
        assert history.forget_old() >= 2
    assert (
        world.sql.execute("SELECT count(*) AS n FROM breaker_minutes WHERE name = %s", (one.name,)).fetchone()["n"] == 0
    )


def test_the_log_comes_in_pages(recorder, pat: Person) -> None:
    name = make_breaker().name
    for _ in range(5):
        recorder.tell(opened(name))
    recorder.write()
    first = pat.get(f"/api/degradation/circuits/{name}/transitions?limit=3").json
    rest = pat.get(f"/api/degradation/circuits/{name}/transitions?limit=3&after={first['nextCursor']}").json
    ids = [row["id"] for row in first["items"] + rest["items"]]
    assert len(set(ids)) == 5
    times = [row["at"] for row in first["items"] + rest["items"]]
    assert times == sorted(times, reverse=True)
    assert rest["nextCursor"] is None
    assert pat.get(f"/api/degradation/circuits/{name}/transitions?after=made-up").status_code == 400
