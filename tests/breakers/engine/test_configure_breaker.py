"""Configuration: the field's names, its defaults, and a sentence for each mistake."""

import pytest

from app.breakers.config import BadBreakerConfig, BreakerConfig, WindowType
from app.breakers.states import State
from tests.breakers.engine.stand import Stand


def test_the_defaults_are_resilience4js() -> None:
    told = BreakerConfig().to_json()
    assert {name: told[name] for name in (
        "slidingWindowType", "slidingWindowSize", "minimumNumberOfCalls", "failureRateThreshold",
        "slowCallRateThreshold", "slowCallDurationThresholdMs", "waitDurationInOpenStateMs",
        "permittedNumberOfCallsInHalfOpenState", "maxWaitDurationInHalfOpenStateMs",
        "transitionToStateAfterWaitDuration", "automaticTransitionFromOpenToHalfOpenEnabled", "initialState",
    )} == {
        "slidingWindowType": "COUNT_BASED", "slidingWindowSize": 100, "minimumNumberOfCalls": 100,
        "failureRateThreshold": 50.0, "slowCallRateThreshold": 100.0, "slowCallDurationThresholdMs": 60_000,
        "waitDurationInOpenStateMs": 60_000, "permittedNumberOfCallsInHalfOpenState": 10,
        "maxWaitDurationInHalfOpenStateMs": 0, "transitionToStateAfterWaitDuration": "OPEN",
        "automaticTransitionFromOpenToHalfOpenEnabled": False, "initialState": "CLOSED",
    }  # fmt: skip


def test_json_and_back_is_the_same() -> None:
    config = BreakerConfig(
        sliding_window_type=WindowType.TIME_BASED, sliding_window_size=30, failure_rate_threshold=12.5,
        max_concurrent_calls=4, initial_state=State.METRICS_ONLY,
    )  # fmt: skip
    assert BreakerConfig.from_json(config.to_json()) == config


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"slidingWindowSize": 0}, "slidingWindowSize"),
        ({"slidingWindowSize": 10_001}, "slidingWindowSize"),
        ({"slidingWindowType": "TIME_BASED", "slidingWindowSize": 3601}, "slidingWindowSize"),
        ({"slidingWindowSize": 10.5}, "slidingWindowSize"),
        ({"slidingWindowSize": "ten"}, "slidingWindowSize"),
        ({"slidingWindowSize": True}, "slidingWindowSize"),
        ({"slidingWindowType": "WEEKLY"}, "slidingWindowType"),
        ({"slidingWindowType": []}, "slidingWindowType"),
        ({"failureRateThreshold": 0}, "failureRateThreshold"),
        ({"failureRateThreshold": 101}, "failureRateThreshold"),
        ({"failureRateThreshold": float("nan")}, "failureRateThreshold"),
        ({"failureRateThreshold": None}, "failureRateThreshold"),
        ({"waitDurationInOpenStateMs": 0}, "waitDurationInOpenStateMs"),
        ({"exponentialMultiplier": 0.5}, "exponentialMultiplier"),
        ({"transitionToStateAfterWaitDuration": "HALF_OPEN"}, "transitionToStateAfterWaitDuration"),
        ({"initialState": "HALF_OPEN"}, "initialState"),
        ({"initialState": {}}, "initialState"),
        ({"maxConcurrentCalls": 0}, "maxConcurrentCalls"),
        ({"automaticTransitionFromOpenToHalfOpenEnabled": 1}, "automaticTransitionFromOpenToHalfOpenEnabled"),
        ({"recordExceptions": ["ValueError"]}, "recordExceptions"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_each_mistake_is_named(given, field: str) -> None:
    with pytest.raises(BadBreakerConfig) as refused:
        BreakerConfig().with_overrides(given)
    assert [error["field"] for error in refused.value.errors] == [field]
    assert refused.value.errors[0]["message"].endswith(".")


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(BadBreakerConfig) as refused:
        BreakerConfig(sliding_window_size=0, failure_rate_threshold=200)
    assert len(refused.value.errors) == 2


def test_a_changed_threshold_holds_for_the_calls_already_counted() -> None:
    stand = Stand(sliding_window_size=10, minimum_number_of_calls=10)
    stand.calls("ssssssffff")
    stand.breaker.apply_settings({"failureRateThreshold": 40})
    assert stand.state is State.CLOSED, "the next call decides"
    stand.calls("f")
    assert stand.state is State.OPEN


def test_taking_the_changes_back_brings_the_codes_values_back() -> None:
    stand = Stand(sliding_window_size=10, minimum_number_of_calls=10)
    stand.breaker.apply_settings({"slidingWindowSize": 4, "maxConcurrentCalls": 1})
    stand.calls("ffff")
    assert (stand.state, stand.breaker.bulkhead.limit) == (State.OPEN, 1)
    stand.breaker.apply_settings({})
    assert (stand.breaker.config, stand.breaker.bulkhead.limit) == (stand.config, None)


def test_changes_that_cannot_be_meant_change_nothing() -> None:
    stand = Stand()
    with pytest.raises(BadBreakerConfig):
        stand.breaker.apply_settings({"slidingWindowSize": -1}, State.FORCED_OPEN)
    assert (stand.breaker.config, stand.state) == (stand.config, State.CLOSED)
