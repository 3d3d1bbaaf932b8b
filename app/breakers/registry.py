"""The breakers of this process: one a name, made at first use."""

import os
import threading
from collections.abc import Callable
from dataclasses import fields as fields_of
from typing import Any

import structlog

from app.breakers import arm_counts
from app.breakers.breaker import Breaker
from app.breakers.config import BreakerConfig
from app.breakers.link import Alone, Link
from app.breakers.states import State, Transition

log = structlog.get_logger(__name__)
Listener = Callable[[Transition], None]
listeners: list[Listener] = []
_breakers: dict[str, Breaker] = {}
_settings: dict[str, tuple[dict[str, Any], State | None, float | None]] = {}
_lock = threading.Lock()
_given: set[str] = set()  # names whose configuration code gave
_warned: set[str] = set()
_link: list[Link] = [Alone()]


def breaker(name: str, config: BreakerConfig | None = None, **fields: Any) -> Breaker:
    """Return the breaker of this name, made when there is none yet.

    Args:
        config: Its configuration as the code says; without any it has the defaults. Meant to be given once: given
            again, the last one holds as a whole, and a warning says what was replaced.
        fields: The same in single fields: `breaker("mail", failure_rate_threshold=20)`.

    Raises:
        BadBreakerConfig: The configuration cannot be meant.
    """
    found = _breakers.get(name)
    if found is None or config is not None or fields:
        found = _make(name, config or (BreakerConfig(**fields) if fields else None))
    return found


def _make(name: str, config: BreakerConfig | None) -> Breaker:
    with _lock:
        found = _breakers.get(name)
        if found is None:
            found = Breaker(name, config or BreakerConfig(), _link[0])
            _breakers[name] = found
        elif config is not None:
            _warn_of_second(found, config)
            found.code_config = config
            found.configure(config)
        else:
            return found
        if config is not None:
            _given.add(name)
    if name in _settings:
        found.apply_settings(*_settings[name])
    return found


def _warn_of_second(one: Breaker, config: BreakerConfig) -> None:
    """Say once that two places of the code give different settings: which one holds is then the order of imports."""
    if one.name not in _given or one.name in _warned or config == one.code_config:
        return
    _warned.add(one.name)
    before, after = one.code_config, config
    names = [field.name for field in fields_of(config) if getattr(before, field.name) != getattr(after, field.name)]
    log.warning("breaker configured twice by code; the last one holds", breaker=one.name, different=names)


def find_breaker(name: str) -> Breaker | None:
    """Return the breaker of this name if this process has made it."""
    return _breakers.get(name)


def breakers() -> list[Breaker]:
    """Return all breakers of this process, by name."""
    return [_breakers[name] for name in sorted(_breakers)]


def apply_settings(
    name: str, overrides: dict[str, Any], forced_state: str | None = None, forced_until: float | None = None
) -> None:
    """Take what the console says about a breaker, whether this process has made it yet or not.

    Args:
        overrides: camelCase fields of the configuration; those absent are as the code says.
        forced_state: DISABLED, FORCED_OPEN, METRICS_ONLY or None.
        forced_until: Seconds since 1970; None until somebody lets go.

    Raises:
        BadBreakerConfig: The overrides cannot be meant; nothing is changed then.
    """
    said = (dict(overrides), State[forced_state] if forced_state else None, forced_until)
    found = _breakers.get(name)
    if found is not None:
        found.apply_settings(*said)
    else:
        BreakerConfig().with_overrides(overrides)
    _settings[name] = said


def move(name: str, to: State) -> bool:
    """Bring a breaker into CLOSED, OPEN or HALF_OPEN by hand, in all processes; return whether all were reached.

    While Redis is away only this process obeys.
    """
    one = breaker(name)
    fleet = _link[0].move(one, to)
    if fleet is not None:
        one.adopt(fleet)
        return True
    one.move_alone(to)
    return False


def reset(name: str) -> bool:
    """Close a breaker and forget its window and its openings in a row; as `move`."""
    return move(name, State.CLOSED)


def on_transition(function: Listener) -> Listener:
    """Register who is told of changes of state: once for each change, in the process that caused it.

    Called on the thread that talks to the fleet, so it may wait for a database, and delays news while it does.
    """
    listeners.append(function)
    return function


def link() -> Link:
    """Return this process's way to the others."""
    return _link[0]


def set_link(made: Link) -> None:
    """Give all breakers, made and coming, a way to the other processes."""
    with _lock:
        _link[0] = made
        for one in _breakers.values():
            one.set_link(made)


def forget_parent() -> None:
    """In a forked child: locks held and things counted by the parent's threads are not ours."""
    global _lock  # noqa: PLW0603 (a lock cannot be unlocked by who does not hold it)
    _lock = threading.Lock()
    arm_counts.forget_parent()
    for one in _breakers.values():
        one.forget_parent()
    _link[0].forget_parent()


os.register_at_fork(after_in_child=forget_parent)
