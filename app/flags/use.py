"""Flags from code: `flags.is_enabled("key")`, `flags.value("key", default)`, `@flags.gate("key")`.

Every question is answered from memory; it asks neither the database nor Valkey.
"""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import structlog

from app.core import arms
from app.flags import holder
from app.flags.context import ASKING
from app.flags.engine.answers import unknown_flag
from app.flags.engine.evaluate import Table
from app.flags.engine.model import Evaluation, Snapshot
from app.flags.problems import FeatureOff
from app.flags.process import Changed, Status

log = structlog.get_logger(__name__)
Target = str | Mapping[str, Any] | None
P = ParamSpec("P")
R = TypeVar("R")
V = TypeVar("V")
Tracked = Callable[[str, Mapping[str, Any], float | None, dict[str, str]], None]
_trackers: list[Tracked] = []


def is_enabled(key: str, target: Target = None, *, default: bool = False) -> bool:
    """Say whether a flag is on: its value is true, or, when it is no boolean, its variant is not the off one.

    Args:
        key: The flag; one that does not exist answers `default`, and that is logged once.
        target: A targeting key, or a context with `targetingKey`, `company`, `user` and anything else; None means
            who asks here and now.
        default: What an unknown flag answers.
    """
    try:
        on = holder.here.on[key]
    except KeyError:
        if not _wake_for(key):
            return default
        on = holder.here.on[key]
    return on(ASKING if target is None else target)


def evaluate(key: str, target: Target = None) -> Evaluation:
    """Return the whole answer and why; an unknown flag is an error in it, never an exception."""
    try:
        decide = holder.here.decide[key]
    except KeyError:
        if not _wake_for(key):
            return unknown_flag(key)
        decide = holder.here.decide[key]
    return decide(ASKING if target is None else target)


def value(key: str, default: V, target: Target = None) -> V:
    """Return the flag's value, or `default` when there is none, an error, or a value of another type."""
    found = evaluate(key, target)
    if found.error is not None or found.value is None:
        return default
    if not _is_like(found.value, default):
        log.warning("flag of another type; the caller's default answers", flag=key, wanted=type(default).__name__)
        return default
    return found.value  # type: ignore[return-value]  # checked just above


def gate(key: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let a function run only for whom the flag is on.

    Raises:
        FeatureOff: It is off for who asks.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def run(*args: P.args, **kwargs: P.kwargs) -> R:
            if not is_enabled(key):
                raise FeatureOff(key=key)
            return function(*args, **kwargs)

        return run

    return decorate


def track(event: str, target: Target = None, value: float | None = None) -> None:
    """Tell whoever measures outcomes that something happened, such as a conversion, and under which variants."""
    context = {"targetingKey": target} if isinstance(target, str) else (ASKING if target is None else target)
    for tracker in _trackers:
        tracker(event, context, value, arms.current())


def on_track(tracker: Tracked) -> Tracked:
    """Register who measures outcomes: called with the event, the context, the value and the arms of here and now."""
    _trackers.append(tracker)
    return tracker


def on_change(callback: Changed) -> Callable[[], None]:
    """Register who is told, in this process, which flags answer from a new definition; return how to end that."""
    held = holder.here.process
    if held is None:
        raise RuntimeError("make the app first: its flags tell of their changes")
    held.listeners.append(callback)
    return lambda: held.listeners.remove(callback)


def table() -> Table:
    """Return the table this process answers from, for whoever evaluates many flags of one revision."""
    held = holder.here.process
    return held.ready_table() if held else Table(Snapshot(0, "", {}, {}))


def descriptions() -> dict[str, str]:
    """Return flag → what it is for, of every flag this process knows."""
    held = holder.here.process
    if held is None:
        return {}
    held.ready_table()
    return {key: record.get("description", "") for key, record in held.loaded.records.items()}


def is_stale() -> bool:
    """Say whether the answers may be out of date."""
    held = holder.here.process
    return held is None or held.is_stale()


def status() -> Status:
    """Return how fresh this process is."""
    held = holder.here.process
    return held.status() if held else Status(0, "", None, "nothing", is_stale=True)


def _wake_for(key: str) -> bool:
    held = holder.here.process
    return held is not None and held.wake_for(key)


def _is_like(found: object, default: object) -> bool:
    """Say whether a value can stand for the default: true is no number here, and a whole number is a number."""
    if default is None:
        return True
    if isinstance(default, bool) or isinstance(found, bool):
        return isinstance(default, bool) and isinstance(found, bool)
    if isinstance(default, int | float):
        return isinstance(found, int | float)
    return isinstance(found, type(default))
