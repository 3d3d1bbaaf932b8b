"""A breaker as it is used: call through it, stand in it with `with`, or put it above a function.

    breaker("payments").call(charge, order)

    with breaker("payments"):
        charge(order)

    @breaker("payments")
    def charge(order): ...

The short path of `call` is what nearly every call takes: two looks at the clock and one atomic count.
"""

import functools
import inspect
import time
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from types import TracebackType
from typing import Any, ParamSpec, Self, TypeVar, cast

from app.breakers.classify import SLOW, SUCCESS
from app.breakers.config import BreakerConfig
from app.breakers.door import Door, Permit
from app.breakers.link import Link
from app.core.arms import watch

P = ParamSpec("P")
R = TypeVar("R")


class Breaker(Door):
    """One breaker of this process; `registry.breaker(name)` makes it."""

    def __init__(
        self, name: str, config: BreakerConfig, link: Link, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(name, config, link, clock)
        # `with` inside `with`, by thread, greenlet and task: the permits of those that stand in it.
        self._inside: ContextVar[tuple[Any, ...] | None] = ContextVar(f"breaker-{name}", default=None)

    def call(self, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call a function.

        Raises:
            CallNotPermitted: The breaker is open.
            BulkheadFull: As many calls run as may.
        """
        phase = self._phase
        if not phase.is_plain:
            return self._call_closely(function, *args, **kwargs)
        clock = self._clock
        began = clock()
        try:
            result = function(*args, **kwargs)
        except BaseException as error:
            self.fail(Permit(phase, began), error)
            raise
        ended = clock()
        if ended < phase.check_at and ended - began <= phase.slow_s and not watch.on:
            phase.succeed()
        else:
            self.finish(Permit(phase, began), SLOW if ended - began > phase.slow_s else SUCCESS)
        return result

    def _call_closely(self, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        permit = self.acquire()
        try:
            result = function(*args, **kwargs)
        except BaseException as error:
            self.fail(permit, error)
            raise
        self.succeed(permit, result)
        return result

    async def call_async(self, function: Callable[P, Awaitable[R]], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Await an asynchronous function. A probe's permit costs the event loop one round trip to Valkey."""
        permit = self.acquire()
        try:
            result = await function(*args, **kwargs)
        except BaseException as error:
            self.fail(permit, error)
            raise
        self.succeed(permit, result)
        return result

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        """Guard a function, synchronous or not."""
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def guarded_async(*args: P.args, **kwargs: P.kwargs) -> Any:  # Any: what the coroutine returns
                return await self.call_async(function, *args, **kwargs)

            return cast("Callable[P, R]", guarded_async)

        @functools.wraps(function)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            return self.call(function, *args, **kwargs)

        return guarded

    def __enter__(self) -> Self:
        """Stand in it."""
        self._inside.set((self.acquire(), self._inside.get()))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Step out with what happened."""
        permit, outer = self._inside.get() or (None, None)
        self._inside.set(outer)
        if permit is None:
            return
        if error is None:
            self.succeed(permit)
        else:
            self.fail(permit, error)

    async def __aenter__(self) -> Self:
        """As `with`."""
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """As `with`."""
        self.__exit__(kind, error, trace)
