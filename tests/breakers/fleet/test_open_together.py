"""One window over all processes: what none of them would see alone opens everywhere."""

import pytest

from tests.breakers.fleet.crew import Crew
from tests.site import wait_for

pytestmark = pytest.mark.slow
TEN = {"minimum_number_of_calls": 10}
LIMIT_S = 6  # 2 s are promised and 0.3 s usual (`bin/bench breakers`); tests may share the machine with many others


def test_eight_times_nine_failures_open_everywhere(eight: Crew, name: str) -> None:
    eight.all("make", name=name, **TEN)
    assert [made["failed"] for made in eight.all("call", name=name, fails=9)] == [9] * 8
    eight.wait_for_state(name, "OPEN", limit_s=LIMIT_S)
    (change,) = eight.changes(name)
    assert (change["before"], change["after"], change["reason"]) == ("CLOSED", "OPEN", "failure-rate")
    assert (change["calls"], change["failures"]) == (10, 10), "the tenth failure opened it, whoever made it"
    assert eight.changes(name, "local") == [], "no process would have opened alone"


def test_sixty_percent_of_eight_times_twenty_calls_open_everywhere(eight: Crew, name: str) -> None:
    eight.all("make", name=name, minimum_number_of_calls=100)
    eight.all("call", name=name, works=8, fails=12)
    eight.wait_for_state(name, "OPEN", limit_s=LIMIT_S)
    assert [change["after"] for change in eight.changes(name)] == ["OPEN"]


def test_forty_percent_do_not(eight: Crew, name: str) -> None:
    eight.all("make", name=name, sliding_window_size=160)
    eight.all("call", name=name, works=12, fails=8)
    wait_for(lambda: eight[0].ask("merged", name=name) == {"calls": 160, "failures": 64})
    assert set(eight.states(name)) == {"CLOSED"}


def test_slow_calls_of_all_processes_open_it_too(eight: Crew, name: str) -> None:
    fields = {"minimum_number_of_calls": 16, "slow_call_duration_threshold_ms": 5, "slow_call_rate_threshold": 50}
    eight.all("make", name=name, **fields)
    eight.all("call", name=name, works=2, slow_s=0.02)
    eight.wait_for_state(name, "OPEN")
    assert [change["reason"] for change in eight.changes(name)] == ["slow-call-rate"]


def test_a_window_of_seconds_is_shared_too(eight: Crew, name: str) -> None:
    eight.all("make", name=name, sliding_window_type="TIME_BASED", sliding_window_size=30, **TEN)
    eight.all("call", name=name, fails=2)
    eight.wait_for_state(name, "OPEN")
    (change,) = eight.changes(name)
    assert change["calls"] >= 10


def test_a_retry_after_one_process_was_told_holds_for_all(eight: Crew, name: str) -> None:
    eight.all("make", name=name, max_wait_duration_in_open_state_ms=120_000)
    assert eight[3].ask("call", name=name, fails=1, retry_after_s=90)["failed"] == 1
    eight.wait_for_state(name, "OPEN")
    assert [change["reason"] for change in eight.changes(name)] == ["retry-after"]
    assert all(85 < wait <= 90 for wait in eight.all("wait", name=name))


def test_one_sick_process_rests_alone_when_the_fleet_asks_for_more(eight: Crew, name: str) -> None:
    eight.all("make", name=name, minimum_share_of_processes=50, sliding_window_size=20, **TEN)
    eight.all("call", name=name, works=1)
    wait_for(lambda: eight[0].ask("merged", name=name)["calls"] == 8)  # all eight are known
    assert eight[0].ask("call", name=name, fails=25)["rejected"] >= 5
    wait_for(lambda: eight.changes(name, "local"))
    assert eight.states(name) == ["OPEN"] + ["CLOSED"] * 7
    assert [change["process"].split(":")[0] for change in eight.changes(name, "local")] == ["command"]
    assert eight.changes(name) == []
    for other in eight[1:5]:
        other.ask("call", name=name, fails=3)
    eight.wait_for_state(name, "OPEN")
    assert [change["after"] for change in eight.changes(name)] == ["OPEN"], "half of them is enough"


def test_a_reset_closes_it_for_all_and_forgets(eight: Crew, name: str) -> None:
    eight.all("make", name=name, **TEN)
    eight.all("call", name=name, fails=9)
    eight.wait_for_state(name, "OPEN")
    assert eight[5].ask("move", name=name, to="CLOSED") is True
    eight.wait_for_state(name, "CLOSED")
    eight.all("call", name=name, works=1)
    assert [change["reason"] for change in eight.changes(name)] == ["failure-rate", "manual"]


def test_each_opening_in_a_row_waits_longer_for_everybody(eight: Crew, name: str) -> None:
    eight.all(
        "make", name=name, sliding_window_size=1, wait_duration_in_open_state_ms=200, exponential_multiplier=100,
        permitted_number_of_calls_in_half_open_state=1, max_wait_duration_in_open_state_ms=15_000,
    )  # fmt: skip
    eight[0].ask("call", name=name, fails=1)
    eight.wait_for_state(name, "OPEN")
    wait_for(lambda: eight[1].ask("call", name=name, fails=1).get("failed") == 1)
    wait_for(
        lambda: all(10 < wait <= 15 for wait in eight.all("wait", name=name)), say=lambda: eight.all("wait", name=name)
    )
    assert [change["reason"] for change in eight.changes(name)] == ["failure-rate", "wait-over", "probes-failed"]
