"""Core's side of the guards: by name, as a call or a block, and past them for system threads."""

from contextvars import copy_context

import pytest
from flask import Flask

from app.breakers import registry
from app.breakers.breaker import Breaker
from app.breakers.states import CallNotPermitted, State
from app.core import guards
from app.core.errors import NotFound
from app.core.ids import new_ulid


@pytest.fixture
def one(app: Flask) -> Breaker:
    """A breaker nobody else has, which opens at its second failure."""
    return registry.breaker(f"test-{new_ulid().lower()}", sliding_window_size=2, minimum_number_of_calls=2)


def break_off() -> None:
    raise OSError("gone")


def test_a_call_and_a_block_count_alike(one: Breaker) -> None:
    with pytest.raises(OSError, match="gone"):
        guards.call(one.name, break_off)
    with pytest.raises(OSError, match="gone"), guards.guarded(one.name):
        break_off()
    for refused in (lambda: guards.call(one.name, break_off), lambda: guards.guarded(one.name).__enter__()):
        with pytest.raises(CallNotPermitted) as problem:
            refused()
        assert guards.is_refusal(problem.value)
    assert not guards.is_refusal(NotFound())


def test_unguarded_calls_are_made_and_count_for_nothing(one: Breaker) -> None:
    with guards.unguarded():
        for _ in range(3):
            with pytest.raises(OSError, match="gone"), guards.guarded(one.name):
                break_off()
        assert guards.guard_of(one.name) is None
    assert (one.state, one.figures_now()) == (State.CLOSED, (0, 0, 0))
    one.move_alone(State.OPEN)
    with guards.unguarded():
        assert guards.call(one.name, lambda: 7) == 7
    assert not guards.is_unguarded()


def test_a_request_says_for_itself_whether_it_is_guarded(one: Breaker) -> None:
    def request() -> bool:
        guards.begin_request(is_unguarded=True)
        return guards.is_unguarded()

    assert copy_context().run(request)
    assert not guards.is_unguarded()


def test_a_failure_seen_elsewhere_is_noted_and_an_open_breaker_is_left_alone(one: Breaker) -> None:
    for _ in range(3):
        guards.note_failure(one, OSError("lost"))
    assert one.state is State.OPEN
