"""What a process tells for people to read: its figures, who calls, and under which variant calls failed."""

from collections.abc import Iterator

import pytest
from redis import Redis

from app.breakers.arm_counts import count_outcome, read_guard
from app.breakers.fleet.reports import read_callers, read_reports
from app.breakers.fleet.sync import Fleet, join_fleet
from app.breakers.registry import breaker, on_transition
from app.breakers.states import CallNotPermitted, State, Transition
from app.core import arms, process
from app.core.ids import new_ulid
from tests.breakers.engine.stand import Broken
from tests.site import wait_for


def fail() -> None:
    raise Broken


@pytest.fixture
def fleet(app) -> Fleet:
    return join_fleet(app.config["SETTINGS"])


@pytest.fixture
def watching() -> Iterator[None]:
    before, arms.watch.on = arms.watch.on, True
    yield
    arms.watch.on = before
    arms.begin()


def test_a_process_reports_its_window(fleet: Fleet, name: str, client: Redis) -> None:
    one = breaker(name, minimum_number_of_calls=4)
    for _ in range(3):
        one.call(int)
    with pytest.raises(Broken):
        one.call(fail)
    wait_for(lambda: [report.calls for report in read_reports(client, name)] == [4])
    (report,) = read_reports(client, name)
    assert (report.process, report.state, report.failures, report.failure_rate) == (process.label(), "CLOSED", 1, 25.0)


def test_who_called_is_counted_by_name(fleet: Fleet, name: str, client: Redis, app) -> None:
    one = breaker(name, sliding_window_size=2)
    with app.test_request_context("/health/live"):
        for _ in range(2):
            with pytest.raises(Broken):
                one.call(fail)
    with pytest.raises(CallNotPermitted):
        one.call(int)
    wait_for(lambda: len(read_callers(client, name)) == 2)
    assert read_callers(client, name)[0][1] == 2
    assert read_callers(client, name)[1] == ("command", 1)


def test_a_change_is_told_once_with_what_decided(fleet: Fleet, name: str) -> None:
    told: list[Transition] = []
    on_transition(told.append)
    one = breaker(name, sliding_window_size=3)
    for _ in range(3):
        with pytest.raises(Broken):
            one.call(fail)
    wait_for(lambda: any(change.name == name for change in told))
    wait_for(lambda: one.generation > 0)
    (change,) = [change for change in told if change.name == name]
    assert (change.before, change.after, change.calls, change.failures) == (State.CLOSED, State.OPEN, 3, 3)
    assert change.process == process.label()


def test_failures_are_put_down_to_the_variant_they_happened_under(
    fleet: Fleet, name: str, client: Redis, watching: None
) -> None:
    flag = f"flag-{new_ulid()}"
    one = breaker(name)
    for arm, works, fails in ((arms.TREATMENT, 3, 2), (arms.CONTROL, 4, 0)):
        arms.begin()
        arms.note(flag, arm)
        for _ in range(works):
            one.call(int)
        for _ in range(fails):
            with pytest.raises(Broken):
                one.call(fail)
    count_outcome("requests", {flag: arms.CONTROL}, failed=False, slow=True)
    wait_for(lambda: sum(row[0] for arm in read_guard(client, flag, 60).values() for row in arm.values()) == 10)
    assert read_guard(client, flag, 60) == {
        f"breaker/{name}": {"treatment": (5, 2, 0), "control": (4, 0, 0)},
        "requests": {"control": (1, 0, 1)},
    }


def test_nobody_watching_costs_and_counts_nothing(
    fleet: Fleet, name: str, client: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arms.watch, "on", False)
    flag = f"flag-{new_ulid()}"
    arms.note(flag, arms.TREATMENT)
    with pytest.raises(Broken):
        breaker(name).call(fail)
    wait_for(lambda: read_reports(client, name))
    assert read_guard(client, flag, 60) == {}
