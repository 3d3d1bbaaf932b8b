"""HALF_OPEN is one for all processes: so many probes and not one more, whoever sends them."""

import pytest

from tests.breakers.fleet.crew import Crew
from tests.site import wait_for

pytestmark = pytest.mark.slow
QUICK = {"minimum_number_of_calls": 10, "wait_duration_in_open_state_ms": 300}


def open_and_wait(crew: Crew, name: str, **fields: object) -> None:
    crew.all("make", name=name, **{**QUICK, **fields})
    crew.all("call", name=name, fails=-(-10 // len(crew)))
    crew.wait_for_state(name, "OPEN")
    wait_for(lambda: max(crew.all("wait", name=name)) <= 0)


def test_eight_processes_of_twenty_threads_send_exactly_the_permitted_probes(eight: Crew, name: str) -> None:
    open_and_wait(eight, name, permitted_number_of_calls_in_half_open_state=7)
    before = sum(found["commands"] for found in eight.all("state", name=name))
    found = eight.all("probe", name=name, threads=20)
    assert sum(one.get("in", 0) for one in found) == 7
    assert sum(one.get("rejected", 0) for one in found) == 153
    eight.wait_for_state(name, "HALF_OPEN")
    eight.all("answer")
    eight.wait_for_state(name, "CLOSED")
    commands = sum(found["commands"] for found in eight.all("state", name=name)) - before
    assert commands <= 160 + 7, "one question a try at most, one answer a probe"
    assert [change["reason"] for change in eight.changes(name)] == ["failure-rate", "wait-over", "probes-passed"]


def test_probes_that_fail_open_it_again_everywhere(eight: Crew, name: str) -> None:
    open_and_wait(eight, name, permitted_number_of_calls_in_half_open_state=3)
    assert sum(one.get("in", 0) for one in eight.all("probe", name=name, threads=2)) == 3
    eight.all("answer", broken=True)
    eight.wait_for_state(name, "OPEN")
    assert [change["reason"] for change in eight.changes(name)] == ["failure-rate", "wait-over", "probes-failed"]


def test_the_result_of_a_call_made_before_moves_nothing(pair: Crew, name: str) -> None:
    pair.all("make", name=name, **QUICK)
    assert pair[1].ask("probe", name=name, threads=3) == {"in": 3}  # let in while it is closed
    pair[0].ask("call", name=name, fails=10)
    pair.wait_for_state(name, "OPEN")
    pair[1].ask("answer")
    assert pair.states(name) == ["OPEN", "OPEN"], "three late successes close nothing"


def test_a_killed_prober_gives_its_permit_back(pair: Crew, name: str) -> None:
    limit = {"max_wait_duration_in_half_open_state_ms": 1500}
    open_and_wait(pair, name, permitted_number_of_calls_in_half_open_state=1, **limit)
    assert pair[0].ask("probe", name=name, threads=1) == {"in": 1}
    pair[0].kill()
    survivor = pair[1]
    assert survivor.ask("call", name=name, works=1) == {"rejected": 1}
    wait_for(lambda: survivor.ask("call", name=name, works=1) == {"worked": 1}, limit_s=8)
    wait_for(lambda: survivor.ask("state", name=name)["state"] == "CLOSED")


def test_it_may_go_half_open_without_a_call(pair: Crew, name: str) -> None:
    pair.all("make", name=name, automatic_transition_from_open_to_half_open_enabled=True, **QUICK)
    pair.all("call", name=name, fails=6)
    pair.wait_for_state(name, "HALF_OPEN")
