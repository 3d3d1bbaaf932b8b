"""Guards around calls to what may be away: mail server, database, Redis, files, search.

Core names what it calls; the breakers feature registers who guards that name (`provide`). Until it has, and
inside `unguarded()`, a guarded call is a plain call. System threads (the relay, the keeper of pushed settings,
probes, migrations) are unguarded: they are how the installation finds out that something is back.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, ParamSpec, Protocol, TypeVar

from app.core.errors import Problem

P = ParamSpec("P")
R = TypeVar("R")
REFUSALS = frozenset({"circuit-open", "bulkhead-full"})


class Guard(Protocol):
    """Who lets a call through or refuses it, and learns what came of it."""

    def call(self, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Make the call, or raise the Problem of the refusal."""

    def acquire(self) -> Any:  # Any: the guard's own permit; it comes back to `succeed`, `fail` or `release`
        """Return the right to make one call, or raise the Problem of the refusal."""

    def succeed(self, permit: Any) -> None:  # Any: as above
        """Take a permit back."""

    def fail(self, permit: Any, error: BaseException) -> None:  # Any: as above
        """Take a permit back after an exception, which the guard judges."""

    def release(self, permit: Any) -> None:  # Any: as above
        """Take a permit back as if there had been no call."""


_providers: list[Callable[[str], Guard]] = []
_unguarded: ContextVar[bool] = ContextVar("unguarded", default=False)


def provide(function: Callable[[str], Guard]) -> None:
    """Register who knows the guard of a name."""
    _providers[:] = [function]


def guard_of(name: str) -> Guard | None:
    """Return the guard of a name; None when nobody guards here."""
    return None if not _providers or _unguarded.get() else _providers[0](name)


def call(name: str, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
    """Call a function through the guard of a name.

    Raises:
        Problem: `circuit-open` or `bulkhead-full`: the call was not made.
    """
    guard = guard_of(name)
    return function(*args, **kwargs) if guard is None else guard.call(function, *args, **kwargs)


@contextmanager
def guarded(name: str) -> Iterator[None]:
    """Guard a block.

    Raises:
        Problem: As `call`.
    """
    guard = guard_of(name)
    if guard is None:
        yield
        return
    permit = guard.acquire()
    try:
        yield
    except BaseException as error:
        guard.fail(permit, error)
        raise
    guard.succeed(permit)


def note_failure(guard: Guard, error: BaseException) -> None:
    """Tell a guard of a failure that showed outside a guarded call, such as a connection lost in mid-use."""
    try:
        permit = guard.acquire()
    except Problem:  # it rests already
        return
    guard.fail(permit, error)


@contextmanager
def unguarded() -> Iterator[None]:
    """Make the calls inside the block whatever the guards say, and let them count for nothing."""
    token = _unguarded.set(True)
    try:
        yield
    finally:
        _unguarded.reset(token)


def begin_request(*, is_unguarded: bool) -> None:
    """Say for the rest of a request whether its calls go through guards; `unguarded` is the form with an end."""
    _unguarded.set(is_unguarded)


def is_unguarded() -> bool:
    """Say whether this context makes its calls whatever the guards say."""
    return _unguarded.get()


def is_refusal(error: BaseException) -> bool:
    """Say whether an exception means that a guard did not let a call be made."""
    return isinstance(error, Problem) and error.code in REFUSALS
