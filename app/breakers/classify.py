"""What an outcome counts as: nothing, a success or a failure; and whether it asks us to stay away."""

import asyncio
import math
import sys
from collections.abc import Iterable
from typing import Any

from app.breakers.config import BreakerConfig
from app.core.errors import Problem

SUCCESS, FAILURE, SLOW = 0, 1, 2  # bits of an outcome: 3 is a slow failure
IGNORED = -1

# Told to stop is not failing: the permit comes back and nothing is counted. Named in `record_exceptions`, each
# counts as a failure. Classes of libraries are looked up when they are loaded: until then nobody can raise them.
STOPPED: tuple[type[BaseException], ...] = (SystemExit, KeyboardInterrupt, GeneratorExit, asyncio.CancelledError)
STOPPED_ELSEWHERE = (
    ("greenlet", "GreenletExit"),
    ("gevent", "Timeout"),
    ("billiard.exceptions", "SoftTimeLimitExceeded"),
    ("billiard.exceptions", "TimeLimitExceeded"),
)


def classify_error(config: BreakerConfig, error: BaseException) -> int:
    """Return FAILURE, SUCCESS (not recorded) or IGNORED, as resilience4j: ignored first, then recorded."""
    if config.ignore_exceptions and isinstance(error, config.ignore_exceptions):
        return IGNORED
    if config.record_exceptions and isinstance(error, config.record_exceptions):
        # `Exception` or `BaseException` in the list is no opt-in for being stopped: it has to be named.
        if not is_stopped(error) or any(
            is_stop_class(one) for one in config.record_exceptions if isinstance(error, one)
        ):
            return FAILURE
        return IGNORED
    if is_stopped(error):
        return IGNORED
    return SUCCESS if config.record_exceptions else FAILURE


def classify_result(config: BreakerConfig, result: Any) -> int:  # Any: what the guarded call returned
    """Return FAILURE when the configuration says that this value is one."""
    return FAILURE if config.record_result is not None and config.record_result(result) else SUCCESS


def read_retry_after(config: BreakerConfig, outcome: Any) -> float | None:  # Any: a value or an exception
    """Return for how many seconds an outcome asks us to stay away; None when it does not.

    Our own Problems say `retry_after_s` to who asked us; what another system told us is never one of them.
    """
    if isinstance(outcome, Problem):
        return None
    asked = config.retry_after(outcome) if config.retry_after else getattr(outcome, "retry_after_s", None)
    if isinstance(asked, int | float) and math.isfinite(asked) and asked > 0:
        return float(asked)
    return None


def is_stopped(error: BaseException) -> bool:
    """Say whether somebody told the call to stop, which says nothing about what it called."""
    return isinstance(error, (*STOPPED, *stop_classes()))


def is_stop_class(one: type[BaseException]) -> bool:
    """Say whether a class names being stopped, and not everything."""
    return issubclass(one, (*STOPPED, *stop_classes()))


def stop_classes() -> Iterable[type[BaseException]]:
    """Yield the classes of loaded libraries by which they stop a call."""
    for module, name in STOPPED_ELSEWHERE:
        loaded = sys.modules.get(module)
        if loaded is not None and hasattr(loaded, name):
            yield getattr(loaded, name)
