"""How a breaker decides, under resilience4j's names with its defaults.

What only we have: `minimum_share_of_processes`, `max_concurrent_calls`, `exponential_*`, `randomized_wait_factor`.
Changed configuration comes as camelCase JSON from the console; classes and functions come from code only.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any, Self

from app.breakers.states import State

COUNT_LIMIT, TIME_LIMIT_S, MS_LIMIT = 10_000, 3_600, 30 * 24 * 3_600_000
CODE_ONLY = frozenset({"record_exceptions", "ignore_exceptions", "record_result", "retry_after", "is_fleet_wide"})


class WindowType(StrEnum):
    """What the window's size counts: calls, or seconds."""

    COUNT_BASED = "COUNT_BASED"
    TIME_BASED = "TIME_BASED"


class BadBreakerConfig(ValueError):
    """This configuration cannot be meant.

    Attributes:
        errors: One `{"field", "message"}` for each mistake, fields as the API names them.
    """

    def __init__(self, errors: list[dict[str, str]]) -> None:
        super().__init__(" ".join(f"{error['field']}: {error['message']}" for error in errors))
        self.errors = errors


@dataclass(frozen=True)
class BreakerConfig:
    """The configuration of one breaker.

    Attributes:
        sliding_window_size: Calls, or seconds when TIME_BASED.
        minimum_number_of_calls: Below it nothing is decided; never more than the window when COUNT_BASED.
        failure_rate_threshold: Percent; opens at or above it.
        slow_call_duration_threshold_ms: Slow is longer than this.
        exponential_multiplier: Each opening in a row waits so many times longer; 1 waits the same.
        randomized_wait_factor: 0.5 waits between half and one and a half times.
        max_wait_duration_in_open_state_ms: The longest wait of all those, and of a Retry-After; 0 for an hour.
        max_wait_duration_in_half_open_state_ms: 0 waits for its probes for ever.
        minimum_share_of_processes: Percent of the reporting processes that must see failures before the fleet
            opens; a process that fails alone then rests alone.
        max_concurrent_calls: Calls one process makes at once; None for any number.
        record_exceptions: Only these count as failures, others as successes; empty counts all.
        ignore_exceptions: These count as nothing.
        record_result: True for a returned value that counts as a failure.
        retry_after: Seconds an exception or a value asks us to stay away; None when it does not. By default the
            attribute `retry_after_s`.
        is_fleet_wide: False lets each process decide by its own window: for what the fleet itself stands on.
    """

    sliding_window_type: WindowType = WindowType.COUNT_BASED
    sliding_window_size: int = 100
    minimum_number_of_calls: int = 100
    failure_rate_threshold: float = 50.0
    slow_call_rate_threshold: float = 100.0
    slow_call_duration_threshold_ms: int = 60_000
    wait_duration_in_open_state_ms: int = 60_000
    exponential_multiplier: float = 1.0
    randomized_wait_factor: float = 0.0
    max_wait_duration_in_open_state_ms: int = 0
    permitted_number_of_calls_in_half_open_state: int = 10
    max_wait_duration_in_half_open_state_ms: int = 0
    transition_to_state_after_wait_duration: State = State.OPEN
    automatic_transition_from_open_to_half_open_enabled: bool = False
    initial_state: State = State.CLOSED
    minimum_share_of_processes: float = 0.0
    max_concurrent_calls: int | None = None
    record_exceptions: tuple[type[BaseException], ...] = ()
    ignore_exceptions: tuple[type[BaseException], ...] = ()
    record_result: Callable[[Any], bool] | None = None  # Any: what the guarded call returns
    retry_after: Callable[[Any], float | None] | None = None  # Any: what it returned or raised
    is_fleet_wide: bool = True

    def __post_init__(self) -> None:
        errors = list(_find_mistakes(self))
        if errors:
            raise BadBreakerConfig([{"field": camel(name), "message": message} for name, message in errors])

    @property
    def minimum(self) -> int:
        """Calls needed before anything is decided."""
        if self.sliding_window_type is WindowType.COUNT_BASED:
            return min(self.minimum_number_of_calls, self.sliding_window_size)
        return self.minimum_number_of_calls

    @property
    def probes_needed(self) -> int:
        """Results that decide in HALF_OPEN."""
        return min(self.minimum_number_of_calls, self.permitted_number_of_calls_in_half_open_state)

    @property
    def longest_wait_ms(self) -> int:
        """The cap of every wait in OPEN."""
        return self.max_wait_duration_in_open_state_ms or max(3_600_000, self.wait_duration_in_open_state_ms)

    def wait_ms(self, attempts: int, chance: float) -> int:
        """Return how long the `attempts`-th opening in a row waits.

        Args:
            chance: 0..1, drawn by the caller.
        """
        # 1.5 ** 2000 is beyond a float; the cap is reached long before.
        factor = self.exponential_multiplier ** min(attempts - 1, 64)
        wait = min(self.wait_duration_in_open_state_ms * factor, self.longest_wait_ms)
        wait *= 1 + self.randomized_wait_factor * (2 * chance - 1)
        return max(1, round(min(wait, self.longest_wait_ms)))

    def with_overrides(self, given: Mapping[str, Any]) -> Self:
        """Return this configuration with the fields of a camelCase JSON object laid over it.

        Raises:
            BadBreakerConfig: A field is unknown, comes from code only, or has a value that cannot be meant.
        """
        return replace(self, **read_fields(given))

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Self:
        """Read a whole configuration; what is missing has its default.

        Raises:
            BadBreakerConfig: As `with_overrides`.
        """
        return cls(**read_fields(given))

    def to_json(self) -> dict[str, Any]:
        """Return what the console may show and change, in camelCase."""
        shown = {field.name: getattr(self, field.name) for field in fields(self) if field.name not in CODE_ONLY}
        return {
            camel(name): value.name if isinstance(value, State) else getattr(value, "value", value)
            for name, value in shown.items()
        }


def camel(name: str) -> str:
    """Return a field as the API writes it: `slidingWindowSize`."""
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)


SETTABLE = {camel(field.name): field.name for field in fields(BreakerConfig) if field.name not in CODE_ONLY}


def read_fields(given: Mapping[str, Any]) -> dict[str, Any]:
    """Read camelCase JSON as fields of a configuration.

    Raises:
        BadBreakerConfig: A name is unknown or an enumeration has no such value.
    """
    errors, found = [], {}
    for key, value in given.items():
        name = SETTABLE.get(key)
        if name is None:
            errors.append({"field": key, "message": "There is no such setting, or only code may change it."})
            continue
        try:
            found[name] = _read_enum(name, value)
        except (KeyError, TypeError, ValueError):
            errors.append({"field": key, "message": f"There is no such value as {value!r:.40}."})
    if errors:
        raise BadBreakerConfig(errors)
    return found


def _read_enum(name: str, value: Any) -> Any:  # Any: one JSON value
    if name == "sliding_window_type":
        return WindowType(value)
    if name in {"initial_state", "transition_to_state_after_wait_duration"}:
        return State[value]
    return value


# Field → smallest and largest whole number.
WHOLE = {
    "minimum_number_of_calls": (1, 1_000_000),
    "slow_call_duration_threshold_ms": (1, MS_LIMIT),
    "wait_duration_in_open_state_ms": (1, MS_LIMIT),
    "max_wait_duration_in_open_state_ms": (0, MS_LIMIT),
    "permitted_number_of_calls_in_half_open_state": (1, 10_000),
    "max_wait_duration_in_half_open_state_ms": (0, MS_LIMIT),
}
# Field → smallest (excluded when the third is True) and largest number.
NUMBERS = {
    "failure_rate_threshold": (0, 100, True),
    "slow_call_rate_threshold": (0, 100, True),
    "exponential_multiplier": (1, 100, False),
    "randomized_wait_factor": (0, 0.999, False),
    "minimum_share_of_processes": (0, 100, False),
}


def _find_mistakes(config: BreakerConfig) -> list[tuple[str, str]]:
    window = COUNT_LIMIT if config.sliding_window_type is WindowType.COUNT_BASED else TIME_LIMIT_S
    whole = WHOLE | {"sliding_window_size": (1, window)}
    if config.max_concurrent_calls is not None:
        whole["max_concurrent_calls"] = (1, 100_000)
    found = [
        (name, f"Give a whole number from {low} to {high}.")
        for name, (low, high) in whole.items()
        if not _is_whole(getattr(config, name)) or not low <= getattr(config, name) <= high
    ]
    for name, (low, high, above) in NUMBERS.items():
        value = getattr(config, name)
        if not _is_number(value) or not low <= value <= high or (above and value == low):
            found.append(
                (name, f"Give a number {'above' if above else 'from'} {low} {'and up ' if above else ''}to {high}.")
            )
    if config.transition_to_state_after_wait_duration not in {State.OPEN, State.CLOSED}:
        found.append(("transition_to_state_after_wait_duration", "Give OPEN or CLOSED."))
    if not isinstance(config.automatic_transition_from_open_to_half_open_enabled, bool):
        found.append(("automatic_transition_from_open_to_half_open_enabled", "Give true or false."))
    if config.initial_state is State.HALF_OPEN:
        found.append(("initial_state", "A breaker cannot begin half open; give CLOSED, OPEN or a forced state."))
    return found


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: object) -> bool:
    # A whole number may be too large to ask whether it is finite.
    return _is_whole(value) or (isinstance(value, float) and math.isfinite(value))
