"""Takes away what this process measured and ships it: every few seconds, in a thread that no request waits for.

One entry of the stream `q:batches` is one visit. It says which process sent it and its number there, so the relay
counts it once however often it arrives, and sees what was lost. While Valkey is away everything goes on adding up,
until 5,000 different sums wait; what comes then is dropped and counted.
"""

import atexit
import os
import threading
import time
from typing import Any

import orjson
import structlog
from flask import Flask
from redis import Redis
from redis.exceptions import RedisError

from app.core import metrics, process
from app.core.gathering import Taken, watch
from app.core.ids import new_ulid
from app.core.redis import connect
from app.queries.watch.sums import Waiting
from config import Settings

log = structlog.get_logger(__name__)
STREAM = "q:batches"
MOST_BATCHES, KEEP_S = 2000, 3600  # five processes fill it in half an hour without a relay
BUDGET_S, REST_S, MINUTE_S = 1.0, 1.0, 60
SETTLE_S = 0.02  # a thread that held the old cells when they were taken has counted by then
STEPS_A_TURN = 50
EXTENSION = "quarterdeck-query-shipper"


class Shipper:
    """Ships what one process measured.

    Attributes:
        is_away: Valkey did not answer the last time.
        source: This life of this process.
        number: Of the entry that is sent next.
    """

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.settings: Settings = app.config["SETTINGS"]
        self._begin()
        os.register_at_fork(after_in_child=self._after_fork)
        atexit.register(self.say_goodbye)

    def _begin(self) -> None:
        self.source, self.number = "", 0
        self.is_away = False
        self.waiting = Waiting()
        self._unsent: bytes | None = None
        self._client: Redis | None = None
        self._working = threading.Lock()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def _after_fork(self) -> None:
        watch.begin()
        self._begin()

    def ensure_started(self) -> None:
        """Start the thread unless it runs; tests ship by hand."""
        if self._is_test():
            return
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._run, name="query-shipper", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End the thread at its next look (tests; a process simply exits)."""
        self._stopping.set()

    def _run(self) -> None:
        stopping = self._stopping
        while not stopping.wait(self._pause()):
            try:
                self.gather()
                self.ship()
            except Exception:  # a mistake here must not leave this process unmeasured for ever
                log.exception("statements not shipped")
                stopping.wait(REST_S)

    def _pause(self) -> float:
        """Wait for the next visit, or for the end of the minute: each belongs to one."""
        return min(self.settings.query_flush_s, MINUTE_S - time.time() % MINUTE_S + 0.001)

    def gather(self) -> None:
        """Add up what the listeners gathered since the last time."""
        with self._working:
            now = time.time()
            taken = watch.take()
            time.sleep(SETTLE_S)
            # What is taken right after a full minute is that minute's.
            minute = int(now - min(self.settings.query_flush_s / 2, now % MINUTE_S + 0.01)) // MINUTE_S
            self._add(taken, minute, now)
            if minute != int(now) // MINUTE_S:
                watch.slowest.clear()

    def _add(self, taken: Taken, minute: int, now: float) -> None:
        for step, _ in enumerate(self.waiting.add(taken, watch.lines, minute, now)):
            if step % STEPS_A_TURN == 0:
                time.sleep(0)  # in a web worker this thread is a greenlet: requests go on between two steps
        metrics.observe_statements(took for cell in taken.cells.values() for took in cell.took)

    def ship(self) -> bool:
        """Send what waits; return whether everything went.

        What Valkey may or may not have taken is sent again with its number.
        """
        with self._working:
            try:
                if self._unsent is not None:
                    self._send(self._unsent)
                self._unsent = self._pack()
                if self._unsent is not None:
                    self._send(self._unsent)
                self._unsent = None
            except (RedisError, OSError) as error:
                if not self.is_away:
                    log.warning("valkey away; what statements cost waits here", error=str(error))
                self.is_away = True
                return False
            self.is_away = False
            return True

    def _pack(self) -> bytes | None:
        batch: dict[str, Any] | None = self.waiting.take()  # Any: JSON
        if batch is None:
            return None
        if not self.source:
            self.source = f"{process.label()}:{new_ulid()}"
        self.number += 1
        return orjson.dumps({"source": self.source, "number": self.number, **batch})

    def _send(self, packed: bytes) -> None:
        if self._client is None:
            self._client = connect(self.settings, timeout_s=BUDGET_S)
        pipe = self._client.pipeline(transaction=False)
        pipe.xadd(STREAM, {"batch": packed}, maxlen=MOST_BATCHES, approximate=True)
        pipe.expire(STREAM, KEEP_S)
        pipe.execute()

    def flush(self) -> bool:
        """Gather and ship now."""
        self.gather()
        return self.ship()

    def say_goodbye(self) -> None:
        """Ship the last seconds of a process that ends; whatever fails then is lost."""
        try:
            if watch.cells and not self.is_away and not self._is_test():
                self.flush()
        except Exception as error:  # noqa: BLE001 (nobody can be told any more)
            log.debug("the last statements were not shipped", error=str(error))

    def _is_test(self) -> bool:
        """A test run's own process: its servers are gone by now."""
        return self.app.testing and process.kind() == "command"


def shipper_of(app: Flask) -> Shipper:
    """Return the app's one shipper."""
    found: Shipper = app.extensions[EXTENSION]
    return found
