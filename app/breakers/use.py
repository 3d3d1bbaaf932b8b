"""Breakers from code: `breaker`, `execute`, and a guard for Flask views."""

import functools
from collections.abc import Callable
from typing import Any, TypeVar

from app.breakers.registry import breaker
from app.breakers.states import BulkheadFull, CallNotPermitted

R = TypeVar("R")
View = Callable[..., Any]  # Any: what Flask makes a response of


def execute(name: str, function: Callable[[], R], fallback: Callable[[BaseException], R] | None = None) -> R:
    """Call a function through a breaker; when that fails or is refused, answer with the fallback.

    Args:
        fallback: Called with the exception; without one the exception is raised. Being told to stop
            (`SystemExit`, a greenlet's end) is never answered by it.
    """
    try:
        return breaker(name).call(function)
    except Exception as error:
        if fallback is None:
            raise
        return fallback(error)


def guarded_view(
    name: str, fallback: Callable[[BaseException], Any] | None = None
) -> Callable[[View], View]:  # Any: as above
    """Guard a Flask view: while the breaker is open it answers 503 with Retry-After, or by the fallback.

    A view that raises counts as a failure, and so does one that answers 500 or above; a mistake of the person
    asking (a Problem below 500) does not. Stands below `@bp.get` and `@allow`.
    """

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:  # Any: as above
            try:
                return _call_view(name, view, args, kwargs)
            except (CallNotPermitted, BulkheadFull) as error:
                if fallback is None:
                    raise
                return fallback(error)

        return guarded

    return decorate


def _call_view(name: str, view: View, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:  # Any: as above
    one = breaker(name)
    permit = one.acquire()
    try:
        answer = view(*args, **kwargs)
    except Exception as error:
        if getattr(error, "status", getattr(error, "code", 500)) in range(400, 500):
            one.succeed(permit)
        else:
            one.fail(permit, error)
        raise
    except BaseException as error:
        one.fail(permit, error)
        raise
    if status_of(answer) >= 500:  # noqa: PLR2004 (HTTP's)
        one.fail(permit, ViewFailed())
    else:
        one.succeed(permit)
    return answer


class ViewFailed(Exception):
    """A view answered 500 or above."""


def status_of(answer: Any) -> int:  # Any: whatever a Flask view may return
    """Return the status of what a view returned."""
    if isinstance(answer, tuple):
        for part in answer[1:]:
            if isinstance(part, int):
                return part
        answer = answer[0]
    status = getattr(answer, "status_code", 200)
    return status if isinstance(status, int) else 200
