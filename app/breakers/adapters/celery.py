"""A Celery task behind a breaker: while it is open the task waits and comes back, as often as it takes.

    @app.task
    @guarded_task("payments")
    def charge(order_id): ...

A task that is refused is sent again for when the breaker may let it in (what is left of its wait, with jitter so
that not all come at once); it keeps its count of retries, for nothing was tried. In HALF_OPEN only the permitted
number gets in, so a queue drains at the pace of the probes until the breaker closes. Should the broker not take
the message, the delivery is given back to it, so the task is not lost (with `acks_late` not even to a crash).

What the function raises counts by the breaker's settings; `self.retry(exc=…)` counts as its cause, `Ignore` and
`Reject` as nothing. Slow is the function. Called directly it raises CallNotPermitted.
"""

import functools
import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any, ParamSpec, TypeVar

from celery import Task, current_task
from celery.exceptions import Ignore, Reject, Retry

from app.breakers.breaker import Breaker
from app.breakers.door import Permit
from app.breakers.registry import breaker
from app.breakers.states import BulkheadFull, CallNotPermitted
from app.core import clock

P = ParamSpec("P")
R = TypeVar("R")
JITTER, LEAST_S = 0.5, 1.0


def guarded_task(name: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Guard the function of a task; stands below `@app.task`."""

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(function)
        def run(*args: P.args, **kwargs: P.kwargs) -> R:
            one = breaker(name)
            try:
                permit = one.acquire()
            except (CallNotPermitted, BulkheadFull) as refusal:
                if current_task._get_current_object() is None or current_task.request.called_directly:  # type: ignore[attr-defined]  # noqa: SLF001 (a proxy)
                    raise
                raise send_again(current_task, refusal) from refusal
            try:
                result = function(*args, **kwargs)
            except BaseException as error:
                _give_back(one, permit, error)
                raise
            one.succeed(permit, result)
            return result

        return run

    return decorate


def send_again(task: Task[Any, Any], refusal: CallNotPermitted | BulkheadFull) -> Exception:  # Any: as it came
    """Send the running task again for after the wait; return what ends this delivery."""
    wait_s = max(refusal.retry_after_s, LEAST_S)
    countdown = round(wait_s * (1 + JITTER * random.random()), 3)  # noqa: S311 (spreads load, guards nothing)
    again = task.signature_from_request(countdown=countdown, retries=task.request.retries)
    told = Retry(
        str(refusal),
        exc=refusal,
        when=clock.now() + timedelta(seconds=countdown),
        is_eager=bool(task.request.is_eager),
        sig=again,
    )
    if task.request.is_eager:
        return told
    try:
        again.apply_async()
    except Exception as error:  # noqa: BLE001 (whatever kept the broker from taking it, the delivery goes back)
        return Reject(error, requeue=True)
    return told


def _give_back(one: Breaker, permit: Permit, error: BaseException) -> None:
    cause = error.exc if isinstance(error, Retry) else error
    if isinstance(error, Ignore | Reject) or not isinstance(cause, BaseException):
        one.release(permit)
    else:
        one.fail(permit, cause)
