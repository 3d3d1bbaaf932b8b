"""Reads the tail as a web worker does, and notes when each fact came."""

import threading
import time
from types import TracebackType
from typing import Self

from redis import Redis

from app.core import tail


class Feed:
    """One reader of the tail in a thread of its own.

    Attributes:
        came: (company, row version) to this machine's monotonic clock.
    """

    def __init__(self, redis_url: str) -> None:
        self.client = Redis.from_url(redis_url)
        self.came: dict[tuple[int, int | None], float] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._read, name="feed")

    def __enter__(self) -> Self:
        self._last = tail.newest_id(self.client)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()
        self.client.close()

    def _read(self) -> None:
        while not self._over.is_set():
            self._last, facts = tail.read_tail(self.client, self._last, block_ms=100)
            at = time.monotonic()
            self.came |= {(fact.company_id, fact.row_version): at for fact in facts if fact is not None}
