"""Our windows as a storage and a strategy of the `limits` library, so Flask-Limiter's decorators count in them."""

import time

from limits import RateLimitItem
from limits.storage import Storage
from limits.strategies import STRATEGIES, RateLimiter
from limits.util import WindowStats

from app.limits import service
from app.limits.window import Ask

SCHEME = "quarterdeck"
NAME = "quarterdeck-window"


class WindowStorage(Storage):
    """Names the scheme; the counting is the strategy's, in one script for any number of limits."""

    STORAGE_SCHEME = [SCHEME]  # noqa: RUF012 (the library's attribute)

    @property
    def base_exceptions(self) -> type[Exception]:
        """Nothing of ours is raised for an outage."""
        return LookupError

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count in a window as wide as `expiry`."""
        return service.limits().evaluate([Ask("route", key, 1 << 31, expiry, amount)])[0].used

    def get(self, key: str) -> int:
        """Return how much is used of a window of a minute."""
        return service.limits().evaluate([Ask("route", key, 1 << 31, 60, 0)])[0].used

    def get_expiry(self, key: str) -> float:
        """Return when a window of a minute is over."""
        return time.time() + 60

    def check(self) -> bool:
        """Always: without Redis the windows of this process count."""
        return True

    def reset(self) -> int | None:
        """Forget what this process counted."""
        service.limits().spare = type(service.limits().spare)(service.limits().spare.share)
        return None

    def clear(self, key: str) -> None:
        """Windows empty by themselves."""


class WindowStrategy(RateLimiter):
    """hit, test and statistics of one limit."""

    def hit(self, item: RateLimitItem, *identifiers: str, cost: int = 1) -> bool:
        """Count, unless it is used up."""
        return service.limits().evaluate([self._ask(item, identifiers, cost)])[0].has_room

    def test(self, item: RateLimitItem, *identifiers: str, cost: int = 1) -> bool:
        """Say whether there is room."""
        return service.limits().evaluate([self._ask(item, identifiers, 0)])[0].left >= cost

    def get_window_stats(self, item: RateLimitItem, *identifiers: str) -> WindowStats:
        """Return (reset time, left)."""
        verdict = service.limits().evaluate([self._ask(item, identifiers, 0)])[0]
        return WindowStats(time.time() + (verdict.wait_s or item.get_expiry()), verdict.left)

    def _ask(self, item: RateLimitItem, identifiers: tuple[str, ...], cost: int) -> Ask:
        return Ask("route", item.key_for(*identifiers), item.amount, item.get_expiry(), cost)


STRATEGIES[NAME] = WindowStrategy  # type: ignore[assignment]  # typed as a union of the library's own three
