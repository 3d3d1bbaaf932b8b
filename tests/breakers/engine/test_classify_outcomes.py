"""What counts as a failure, as a success, and as nothing."""

import asyncio

import gevent
import greenlet
import pytest
from billiard.exceptions import SoftTimeLimitExceeded

from app.breakers.states import CallNotPermitted, State
from tests.breakers.engine.stand import Stand

ONE = {"sliding_window_size": 1, "minimum_number_of_calls": 1, "permitted_number_of_calls_in_half_open_state": 1}
STOPS = [SystemExit, KeyboardInterrupt, GeneratorExit, greenlet.GreenletExit, gevent.Timeout, asyncio.CancelledError, SoftTimeLimitExceeded]  # fmt: skip


class NotOurs(Exception):
    """A mistake of who calls."""


def call(stand: Stand, error: BaseException) -> None:
    def work() -> None:
        raise error

    with pytest.raises(type(error)):
        stand.breaker.call(work)


@pytest.mark.parametrize("kind", STOPS)
def test_being_told_to_stop_counts_as_nothing_and_gives_the_permit_back(kind) -> None:
    stand = Stand(**ONE)
    call(stand, kind())
    assert stand.breaker.figures_now() == (0, 0, 0)
    stand.calls("f")
    stand.clock.move(60)
    call(stand, kind())
    assert stand.state is State.HALF_OPEN
    assert stand.calls("s") == "s", "its permit came back"
    assert stand.state is State.CLOSED


@pytest.mark.parametrize("kind", STOPS)
def test_each_of_them_can_be_named_as_a_failure(kind) -> None:
    stand = Stand(**ONE, record_exceptions=(Exception, kind))
    call(stand, kind())
    assert stand.state is State.OPEN


def test_recording_every_exception_does_not_mean_being_stopped() -> None:
    stand = Stand(**ONE, record_exceptions=(BaseException,))
    call(stand, SystemExit())
    call(stand, SoftTimeLimitExceeded())
    assert stand.state is State.CLOSED
    call(stand, ValueError())
    assert stand.state is State.OPEN


def test_what_is_not_recorded_is_a_success() -> None:
    stand = Stand(sliding_window_size=4, minimum_number_of_calls=4, record_exceptions=(OSError,))
    for _ in range(3):
        call(stand, NotOurs())
    call(stand, ConnectionError())
    assert (stand.state, stand.breaker.figures_now()) == (State.CLOSED, (4, 1, 0))


def test_what_is_ignored_is_nothing_even_when_it_is_recorded() -> None:
    stand = Stand(**ONE, record_exceptions=(Exception,), ignore_exceptions=(NotOurs,))
    call(stand, NotOurs())
    assert (stand.state, stand.breaker.figures_now()) == (State.CLOSED, (0, 0, 0))


def test_a_value_can_be_a_failure() -> None:
    stand = Stand(**ONE, record_result=lambda answer: answer >= 500)
    assert stand.breaker.call(lambda: 404) == 404
    assert stand.state is State.CLOSED
    assert stand.breaker.call(lambda: 503) == 503
    assert stand.state is State.OPEN


def test_an_exception_that_says_retry_after_opens_until_then() -> None:
    stand = Stand(sliding_window_size=100)
    error = NotOurs()
    error.retry_after_s = 7  # type: ignore[attr-defined]
    call(stand, error)
    assert stand.state is State.OPEN
    with pytest.raises(CallNotPermitted) as refused:
        stand.breaker.call(int)
    assert refused.value.retry_after_s == 7
    stand.clock.move(7)
    assert stand.calls("s") == "s"


def test_a_value_can_say_so_too_and_nobody_can_close_us_for_a_year() -> None:
    stand = Stand(retry_after=lambda answer: answer if isinstance(answer, float) else None)
    stand.breaker.call(lambda: 1e9)
    stand.clock.move(3600)
    assert stand.calls("s") == "s", "an hour at most"


@pytest.mark.parametrize("said", [0, -3, float("nan"), float("inf"), "soon", None])
def test_a_retry_after_that_says_nothing_is_an_ordinary_failure(said) -> None:
    stand = Stand(sliding_window_size=2)
    error = NotOurs()
    error.retry_after_s = said  # type: ignore[attr-defined]
    call(stand, error)
    assert (stand.state, stand.breaker.figures_now()) == (State.CLOSED, (1, 1, 0))


def test_another_breakers_refusal_does_not_open_this_one_by_its_wait() -> None:
    stand = Stand(sliding_window_size=2)
    call(stand, CallNotPermitted(breaker="other", retry_after_s=60))
    assert stand.state is State.CLOSED
