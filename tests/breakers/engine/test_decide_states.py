"""resilience4j's rules, one row each: what opens, what closes, what is refused."""

import pytest

from app.breakers.config import WindowType
from app.breakers.states import CallNotPermitted, Reason, State
from tests.breakers.engine.stand import Stand

TEN = {"sliding_window_size": 10, "minimum_number_of_calls": 10}
QUICK = {**TEN, "slow_call_duration_threshold_ms": 1000, "wait_duration_in_open_state_ms": 8000}

# Configuration, calls, what came of them (`-` refused), the state afterwards.
VECTORS = {
    "below the minimum nothing opens": (TEN, "fffffffff", "fffffffff", State.CLOSED),
    "the minimum completes the picture": (TEN, "ffffffffff", "ffffffffff", State.OPEN),
    "at the threshold is over it": (TEN, "sssssfffff", "sssssfffff", State.OPEN),
    "a success may complete the minimum": (TEN, "fffffssssss", "fffffsssss-", State.OPEN),
    "just below the threshold stays": (TEN, "ssssssffff", "ssssssffff", State.CLOSED),
    "the oldest leaves the window": (TEN, "ffffssssss" + "ssss" + "ffff", "ffffssssss" + "ssss" + "ffff", State.CLOSED),
    "the fifth of ten after many that worked": (TEN, "s" * 100 + "fffff" + "s", "s" * 100 + "fffff" + "-", State.OPEN),
    "the minimum is never more than the window": (
        {"sliding_window_size": 4, "minimum_number_of_calls": 100}, "fffff", "ffff-", State.OPEN,
    ),
    "a higher threshold": ({**TEN, "failure_rate_threshold": 60}, "fffffssss" + "sff", "fffffssss" + "sff", State.CLOSED),
    "fractions of a percent count": (
        {"sliding_window_size": 1000, "minimum_number_of_calls": 1000, "failure_rate_threshold": 0.1},
        "s" * 999 + "f" + "s", "s" * 999 + "f" + "-", State.OPEN,
    ),
    "slow calls open, working or not": ({**QUICK, "slow_call_rate_threshold": 50}, "sssssSSSSS", "sssssSSSSS", State.OPEN),
    "a slow failure is a failure and slow": (
        {**QUICK, "slow_call_rate_threshold": 20, "failure_rate_threshold": 100}, "ssssssssFF", "ssssssssFF", State.OPEN,
    ),
    "slow alone needs all calls by default": (QUICK, "SSSSSSSSSs", "SSSSSSSSSs", State.CLOSED),
    "and opens when all are": (QUICK, "SSSSSSSSSSs", "SSSSSSSSSS-", State.OPEN),
}  # fmt: skip


@pytest.mark.parametrize("vector", VECTORS.values(), ids=VECTORS)
def test_the_window_decides(vector) -> None:
    fields, calls, came, state = vector
    stand = Stand(**fields)
    assert stand.calls(calls) == came
    assert stand.state is state


def test_as_long_as_the_threshold_is_not_slow() -> None:
    stand = Stand(**QUICK, slow_call_rate_threshold=10)
    for seconds, slow in ((1.0, 0), (1.25, 1)):
        stand.breaker.call(lambda seconds=seconds: stand.clock.move(seconds))
        assert stand.breaker.figures_now()[2] == slow


def test_rates_are_unknown_below_the_minimum() -> None:
    stand = Stand(**TEN)
    stand.calls("fff")
    assert stand.breaker.rates() == (-1.0, -1.0)
    stand.calls("sssssss")
    assert stand.breaker.rates() == (30.0, 0.0)


def test_open_refuses_until_the_wait_is_over_and_then_lets_probes_in() -> None:
    stand = Stand(**QUICK, permitted_number_of_calls_in_half_open_state=3)
    stand.calls("f" * 10)
    stand.clock.move(7.75)
    with pytest.raises(CallNotPermitted) as refused:
        stand.breaker.call(int)
    assert (refused.value.status, refused.value.breaker, refused.value.retry_after_s) == (503, "stand", 1)
    stand.clock.move(0.25)
    assert stand.state is State.OPEN, "it opens its door for a call, not by itself"
    assert stand.calls("s") == "s"
    assert stand.state is State.HALF_OPEN
    assert stand.calls("ss") == "ss"
    assert stand.state is State.CLOSED
    assert stand.breaker.figures_now() == (0, 0, 0), "a new window"


@pytest.mark.parametrize(
    ("probes", "state"),
    [("ssf", State.CLOSED), ("sff", State.OPEN), ("fff", State.OPEN), ("SSS", State.OPEN), ("SSs", State.CLOSED)],
)
def test_the_probes_decide_by_the_same_thresholds(probes: str, state: State) -> None:
    stand = Stand(**QUICK, permitted_number_of_calls_in_half_open_state=3)
    stand.calls("f" * 10)
    stand.clock.move(8)
    assert stand.calls(probes) == probes
    assert stand.state is state


def test_fewer_probes_decide_when_the_minimum_is_smaller() -> None:
    stand = Stand(sliding_window_size=2, minimum_number_of_calls=2, permitted_number_of_calls_in_half_open_state=5)
    stand.calls("ff")
    stand.clock.move(60)
    stand.calls("ss")
    assert stand.state is State.CLOSED


def test_no_more_probes_than_permitted_are_on_their_way() -> None:
    stand = Stand(**QUICK, permitted_number_of_calls_in_half_open_state=2)
    stand.calls("f" * 10)
    stand.clock.move(8)
    first, second = stand.breaker.acquire(), stand.breaker.acquire()
    with pytest.raises(CallNotPermitted):
        stand.breaker.acquire()
    stand.breaker.release(first)  # as if it had not been made: its permit is free again
    third = stand.breaker.acquire()
    stand.breaker.succeed(second)
    stand.breaker.succeed(third)
    stand.breaker.succeed(third)
    assert stand.state is State.CLOSED


def test_a_probe_that_never_comes_back_gives_its_permit_away() -> None:
    stand = Stand(**QUICK, permitted_number_of_calls_in_half_open_state=1)
    stand.calls("f" * 10)
    stand.clock.move(8)
    lost = stand.breaker.acquire()
    stand.clock.move(31)
    assert stand.calls("s") == "s"
    assert stand.state is State.CLOSED
    stand.breaker.fail(lost, ValueError())
    assert stand.breaker.figures_now() == (0, 0, 0)


def test_half_open_ends_after_its_limit() -> None:
    stand = Stand(**QUICK, permitted_number_of_calls_in_half_open_state=2, max_wait_duration_in_half_open_state_ms=4000)
    stand.calls("f" * 10)
    stand.clock.move(8)
    stand.calls("s")
    stand.clock.move(4)
    assert stand.calls("s") == "-"
    assert stand.state is State.OPEN
    assert [change.reason for change in stand.transitions()] == [
        Reason.FAILURE_RATE, Reason.WAIT_OVER, Reason.HALF_OPEN_TOO_LONG,
    ]  # fmt: skip


def test_half_open_may_end_in_closed() -> None:
    stand = Stand(
        **QUICK, permitted_number_of_calls_in_half_open_state=2, max_wait_duration_in_half_open_state_ms=4000,
        transition_to_state_after_wait_duration=State.CLOSED,
    )  # fmt: skip
    stand.calls("f" * 10)
    stand.clock.move(8)
    stand.calls("s")
    stand.clock.move(4)
    assert stand.calls("s") == "s"
    assert stand.state is State.CLOSED


def test_a_late_success_never_closes_and_a_late_failure_never_reopens() -> None:
    stand = Stand(**QUICK, permitted_number_of_calls_in_half_open_state=1)
    early = [stand.breaker.acquire() for _ in range(3)]
    stand.calls("f" * 10)
    stand.breaker.succeed(early[0])
    assert stand.state is State.OPEN
    stand.clock.move(8)
    probe = stand.breaker.acquire()
    stand.breaker.succeed(early[1])
    assert stand.state is State.HALF_OPEN, "the success of a call made before is no probe"
    stand.breaker.succeed(probe)
    assert stand.state is State.CLOSED
    stand.breaker.fail(early[2], ValueError())
    assert stand.breaker.figures_now() == (0, 0, 0)
    assert sum(minute.calls for minute in stand.breaker.drain_minutes()) == 14, "counted for the history all the same"


def test_each_opening_in_a_row_waits_longer_up_to_the_cap() -> None:
    stand = Stand(
        sliding_window_size=1, minimum_number_of_calls=1, permitted_number_of_calls_in_half_open_state=1,
        wait_duration_in_open_state_ms=1000, exponential_multiplier=2, max_wait_duration_in_open_state_ms=4000,
    )  # fmt: skip
    stand.calls("f")
    for wait_s in (1, 2, 4, 4):
        stand.clock.move(wait_s - 0.25)
        assert stand.calls("f") == "-"
        stand.clock.move(0.25)
        assert stand.calls("f") == "f"
    stand.clock.move(4)
    stand.calls("s")
    assert stand.state is State.CLOSED
    stand.calls("f")
    stand.clock.move(1)
    assert stand.calls("s") == "s", "closing forgets the openings in a row"


def test_the_wait_is_spread_and_never_beyond_the_cap() -> None:
    config = Stand(
        wait_duration_in_open_state_ms=1000, randomized_wait_factor=0.5, exponential_multiplier=1.5,
        max_wait_duration_in_open_state_ms=2000,
    ).config  # fmt: skip
    assert [config.wait_ms(1, chance) for chance in (0, 0.5, 1)] == [500, 1000, 1500]
    assert config.wait_ms(2, 1) == 2000
    assert config.wait_ms(10_000, 1) == 2000


@pytest.mark.parametrize(
    ("forced", "came", "window"),
    [(State.DISABLED, "f" * 20, 0), (State.METRICS_ONLY, "f" * 20, 10), (State.FORCED_OPEN, "-" * 20, 0)],
)
def test_a_forced_state_stays_until_somebody_lets_go(forced: State, came: str, window: int) -> None:
    stand = Stand(**TEN)
    stand.breaker.force(forced)
    assert stand.calls("f" * 20) == came
    assert (stand.state, stand.breaker.figures_now()[0]) == (forced, window)
    stand.breaker.force(None)
    assert stand.calls("s") == "s"
    assert stand.state is State.CLOSED


def test_a_forced_state_ends_by_itself_when_its_time_is_over() -> None:
    stand = Stand(**TEN)
    stand.breaker.force(State.FORCED_OPEN, until=1.0)
    assert stand.calls("s") == "s"
    assert stand.state is State.CLOSED


def test_a_breaker_that_begins_in_such_a_state_stays_there_until_it_is_configured_otherwise() -> None:
    stand = Stand(**TEN, initial_state=State.METRICS_ONLY)
    assert stand.calls("f" * 20) == "f" * 20
    stand.breaker.apply_settings({})
    assert stand.state is State.METRICS_ONLY
    stand.breaker.apply_settings({}, State.DISABLED)
    assert stand.state is State.DISABLED
    stand.breaker.apply_settings({"initialState": "CLOSED"})
    assert stand.state is State.CLOSED


def test_seconds_take_their_calls_with_them() -> None:
    stand = Stand(sliding_window_type=WindowType.TIME_BASED, sliding_window_size=10, minimum_number_of_calls=10)
    stand.calls("s" * 90)
    stand.clock.move(9)
    stand.calls("f" * 20)
    assert stand.state is State.CLOSED, "20 of 110"
    stand.clock.move(1)
    assert stand.calls("s") == "s"
    assert stand.state is State.OPEN, "the 90 are gone; 20 of 21"


def test_a_quiet_window_empties_itself() -> None:
    stand = Stand(sliding_window_type=WindowType.TIME_BASED, sliding_window_size=10, minimum_number_of_calls=10)
    stand.calls("f" * 9)
    stand.clock.move(10)
    stand.calls("f" * 9)
    assert stand.state is State.CLOSED
    assert stand.breaker.figures_now() == (9, 9, 0)
