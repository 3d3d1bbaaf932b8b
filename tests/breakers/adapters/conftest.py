"""A service over HTTP that answers as it is told, and breakers nobody else has."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from app.breakers.breaker import Breaker
from app.breakers.registry import breaker
from app.core.ids import new_ulid
from tests.breakers.adapters.service import Service


@pytest.fixture
def service() -> Iterator[Service]:
    """A server of this test's own on a port of its own."""
    with Service() as running:
        yield running


@pytest.fixture
def make_breaker() -> Callable[..., Breaker]:
    """Make a breaker that opens at two failures and lets one probe in after 0.3 s: make_breaker(**fields)."""

    def make(**fields: Any) -> Breaker:  # Any: fields of a configuration
        quick = {
            "sliding_window_size": 4, "minimum_number_of_calls": 2, "wait_duration_in_open_state_ms": 300,
            "permitted_number_of_calls_in_half_open_state": 1, "slow_call_duration_threshold_ms": 5000,
        }  # fmt: skip
        return breaker(f"test-{new_ulid().lower()}", **{**quick, **fields})

    return make
