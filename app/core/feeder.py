"""Feeds the tail from a thread of its own, so that a slow Valkey never slows the sequencing down."""

import queue
import threading
import time
from collections.abc import Callable

import structlog
from redis import Redis
from redis.exceptions import RedisError

from app.core import tail
from app.core.events_log import Logged

log = structlog.get_logger(__name__)
WAITING_BATCHES = 200
REST_S = 0.5
FLUSH_CHECK_S = 0.5
LEADER_KEY = "relay:leader"
LEADER_TTL_S = 5
BeforeTelling = Callable[..., None]
_before_telling: list[BeforeTelling] = []


def before_telling(function: BeforeTelling) -> None:
    """Register what is done with facts before anybody hears of them: called with the client, the facts, `has_hole=`."""
    if function not in _before_telling:
        _before_telling.append(function)


class Feeder:
    """Writes sequenced facts to the tail; what it cannot write it replaces by one `again`.

    Attributes:
        again: True when the stream may have a hole that readers have not been told about.
    """

    def __init__(self, client: Redis, name: str) -> None:
        self.client, self.name = client, name
        self.again = True
        self._batches: queue.Queue[list[Logged]] = queue.Queue(WAITING_BATCHES)
        self._stopping = threading.Event()
        self._checked_at = 0.0
        self._thread = threading.Thread(target=self._run, name="feeder", daemon=True)

    def start(self) -> None:
        """Start feeding."""
        self._thread.start()

    def stop(self) -> None:
        """Write what is left and end."""
        self._stopping.set()
        self._thread.join(timeout=2)

    def give(self, facts: list[Logged]) -> None:
        """Take facts without waiting; when Valkey has been away for long they are left to the log."""
        try:
            self._batches.put_nowait(facts)
        except queue.Full:
            self.again = True

    def _run(self) -> None:
        while not (self._stopping.is_set() and self._batches.empty()):
            try:
                facts = self._batches.get(timeout=0.1)
            except queue.Empty:
                facts = []
            try:
                self.feed(facts)
            except (RedisError, OSError) as error:
                if not self.again:
                    log.warning("valkey away; events are logged, pages poll", error=str(error))
                self.again = True
                self._stopping.wait(REST_S)

    def feed(self, facts: list[Logged]) -> None:
        """Write facts now, and once in a while look whether Valkey still knows us."""
        if time.monotonic() - self._checked_at > FLUSH_CHECK_S:
            if tail.was_flushed(self.client):
                self.again = True
            self.client.set(LEADER_KEY, self.name, ex=LEADER_TTL_S)
            self._checked_at = time.monotonic()
        if facts or self.again:
            for function in _before_telling:
                function(self.client, facts, has_hole=self.again)
            tail.write_tail(self.client, facts, again=self.again)
            self.again = False
