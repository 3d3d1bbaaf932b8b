"""How fast a migration may go, and when: changed while it runs."""

import threading
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from app.core.errors import InvalidInput

BURST_S = 0.25  # what may be taken at once after a pause: a quarter of a second's worth
LONGEST_WAIT_S = 0.5  # then limits and stops are looked at again
MOST_THREADS = 64
MOST_GRACE_DAYS = 365
ALL, DAY_H = 100, 24


@dataclass(frozen=True, slots=True)
class Options:
    """What a person set.

    Attributes:
        objects_per_s, bytes_per_s: 0 for as fast as it goes.
        threads: Files copied at once.
        verify_percent: Share of the copies read again in full; the others are compared by length and digest as the
            target tells them. What the target tells no digest of is always read again.
        window: Hours of the day in UTC, as `22-6`; "" for all of them.
        by_list: Compare copies page by page with what the target's list says: length, and the ETag it gave when it took
            the bytes and checked their SHA-256. A thousandth of the requests, and what is asked is a little less.
        grace_days: How long the source keeps its files after the switch.
    """

    objects_per_s: float = 0
    bytes_per_s: int = 0
    threads: int = 8
    verify_percent: int = 0
    window: str = ""
    grace_days: int = 14
    by_list: bool = False

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """Return the options kept in a row; what it does not know stays as it is by default."""
        known = {one.name for one in fields(cls)}
        return cls(**{name: value for name, value in values.items() if name in known})

    def changed(self, values: Mapping[str, Any]) -> Self:
        """Return these options with some others.

        Raises:
            InvalidInput: One of them makes no sense.
        """
        made = replace(self, **values)
        if errors := [{"field": name, "message": text} for name, text in made.mistakes().items()]:
            raise InvalidInput(errors=errors)
        return made

    def mistakes(self) -> dict[str, str]:
        """Return field → what is wrong with it."""
        rules = {
            "objects_per_s": (self.objects_per_s >= 0, "Give a number of files, or 0 for no limit."),
            "bytes_per_s": (self.bytes_per_s >= 0, "Give a number of bytes, or 0 for no limit."),
            "threads": (1 <= self.threads <= MOST_THREADS, f"Give 1 to {MOST_THREADS}."),
            "verify_percent": (0 <= self.verify_percent <= ALL, "Give 0 to 100."),
            "window": (parse_window(self.window) is not None, "Give two hours of the day, as 22-6."),
            "grace_days": (0 <= self.grace_days <= MOST_GRACE_DAYS, f"Give 0 to {MOST_GRACE_DAYS}."),
        }
        return {name: text for name, (is_right, text) in rules.items() if not is_right}

    def as_json(self) -> dict[str, Any]:  # Any: JSON
        """Return them as the row keeps them."""
        return asdict(self)


def parse_window(text: str) -> tuple[int, int] | None:
    """Return the hours a window begins and ends with, (0, 24) for none; None for what is no window."""
    if not text:
        return 0, DAY_H
    first, _, last = text.partition("-")
    if not (first.isdecimal() and last.isdecimal()):
        return None
    begin, end = int(first), int(last)
    return (begin, end) if begin != end and begin < DAY_H and end <= DAY_H else None


def next_opening(window: str, now: datetime) -> datetime | None:
    """Return when a window opens next; None while it is open."""
    begin, end = parse_window(window) or (0, DAY_H)
    hour = now.astimezone(UTC).hour
    is_open = begin <= hour < end if begin < end else hour >= begin or hour < end
    if is_open:
        return None
    today = now.astimezone(UTC).replace(hour=begin, minute=0, second=0, microsecond=0)
    return today if today > now else today + timedelta(days=1)


class Pace:
    """Lets files and bytes through at the speed that is allowed now, over all threads together."""

    def __init__(self, options: Options) -> None:
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._files_at = self._bytes_at = time.monotonic()
        self.options = options

    def stop(self) -> None:
        """Begin no further file; those under way end."""
        self._stopped.set()

    def restart(self) -> None:
        """Let files begin again."""
        self._stopped.clear()

    @property
    def is_stopped(self) -> bool:
        """Whether no further file may begin."""
        return self._stopped.is_set()

    def begin(self) -> bool:
        """Wait until another file may begin; False when none may."""
        while not self._stopped.is_set():
            with self._lock:
                rate = self.options.objects_per_s
                self._files_at, wait_s = _due(self._files_at, 1, rate)
            if wait_s <= 0:
                return True
            self._stopped.wait(min(wait_s, LONGEST_WAIT_S))
        return False

    def take(self, size_bytes: int) -> None:
        """Wait until so many bytes may pass. A file under way is let end, so a stop does not end the waiting."""
        while True:
            with self._lock:
                self._bytes_at, wait_s = _due(self._bytes_at, size_bytes, self.options.bytes_per_s)
            if wait_s <= 0:
                return
            threading.Event().wait(min(wait_s, LONGEST_WAIT_S))


def _due(at: float, amount: float, rate: float) -> tuple[float, float]:
    """Return the moved mark and 0 when `amount` may pass now, else the same mark and how long to wait."""
    now = time.monotonic()
    if not rate:
        return now, 0
    at = max(at, now - BURST_S)
    if at > now:
        return at, at - now
    return at + amount / rate, 0
