"""What other features ask of the limits: may this pass, and how many failures are left."""

from collections.abc import Callable
from typing import Any, TypeVar

from app.core.errors import TooManyRequests
from app.core.metrics import count
from app.limits.counter import limits, show
from app.limits.window import Ask, Verdict

View = TypeVar("View", bound=Callable[..., Any])


def ask_for(name: str, key: str, *, cost: int = 1) -> Ask | None:
    """Return what to count for a named limit; None when it is off."""
    return limits().ask_for(name, key, cost=cost)


def check(name: str, key: str, cost: int = 1, *, problem: type[TooManyRequests] = TooManyRequests) -> Verdict | None:
    """Count one use of a named limit; None when it is off.

    Args:
        name: A name of the table.
        key: Who is counted.
        cost: How much is taken.
        problem: How a refusal is told.

    Raises:
        TooManyRequests: It is used up.
    """
    ask = ask_for(name, key, cost=cost)
    if ask is None:
        return None
    verdict = limits().evaluate([ask])[0]
    if not verdict.has_room:
        raise refusal(verdict, problem)
    return verdict


def refusal(verdict: Verdict, problem: type[TooManyRequests] = TooManyRequests) -> TooManyRequests:
    """Return the Problem of a limit that is used up; the answer's headers name that limit."""
    count("limits_refused_total", limit=verdict.ask.name)
    show(verdict)
    return problem(limit=verdict.ask.name, retry_after_s=max(verdict.wait_s, 1))


def record_failure(name: str, key: str) -> None:
    """Count one failure, such as a wrong password; successes cost nothing."""
    ask = ask_for(name, key)
    if ask is not None:
        limits().failures.evaluate([ask])
        limits().evaluate([ask])


def failures_left(name: str, key: str) -> int:
    """Return how many more failures are let through; 0 means refuse.

    The stricter of Redis and this process decides, so an outage of Redis opens nothing.
    """
    verdict = look(name, key)
    return verdict.left if verdict else 1


def look(name: str, key: str) -> Verdict | None:
    """Return a failure limit's state without counting; None when it is off."""
    ask = ask_for(name, key, cost=0)
    if ask is None:
        return None
    return max(*limits().failures.evaluate([ask]), *limits().evaluate([ask]), key=lambda one: (one.wait_s, one.used))


def limited(name: str) -> Callable[[View], View]:
    """Count a route under one more named limit, in the same round trip as the common ones."""

    def mark(view: View) -> View:
        view.__limit__ = name  # type: ignore[attr-defined]
        return view

    return mark


__all__ = ["ask_for", "check", "failures_left", "limited", "limits", "look", "record_failure", "refusal"]
