"""The hub: one reader of the tail in every web worker, and the truth about what was passed on.

For each (company, topic) that somebody here listens to it keeps one position. What comes next is passed
on at once; what comes too early sends it to the event log for the part between. While Valkey is away it
asks the log four times a second; and every ten seconds it compares all positions with the log anyway, so
even a lost last entry is found.

Who reads the tail never reads the log: another thread does, one page of each topic in turn. So nobody's next
fact waits until somebody else's missing thousands are read.
"""

import threading
import time
from collections.abc import Callable, Iterable

import structlog
from flask import Flask
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.local import LocalProxy

from app.core import events_log, tail
from app.core.events_log import Key, Logged
from app.core.redis import connect
from config import Settings

log = structlog.get_logger(__name__)
BLOCK_MS = 400
BUDGET_S = 0.9
AWAY_POLL_S, CHECK_EVERY_S, RETRY_S = 0.25, 10.0, 0.25
PAGE = 500
EXTENSION = "live-hub"


class Hub:
    """Positions, and who is told.

    Attributes:
        outlets: Called with every fact of a listened topic, once and in order.
        checks: Called after each comparison with the log (heads are then told to pages).
        away: True while Valkey does not answer.
    """

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.settings: Settings = app.config["SETTINGS"]
        self.outlets: list[Callable[[Logged], None]] = []
        self.checks: list[Callable[[], None]] = []
        self.away = False
        self.stopped = threading.Event()
        self._listeners: dict[Key, int] = {}
        self._positions: dict[Key, int] = {}
        self._counting = threading.Lock()
        self._passing = threading.RLock()
        self._started = False
        self._poll_now = threading.Event()

    def join(self, key: Key) -> int:
        """Listen to a topic; return its position. From here on every later fact is passed on."""
        with self._counting:
            self._listeners[key] = self._listeners.get(key, 0) + 1
            self._start()
        if key not in self._positions:
            with self.app.app_context():
                head = events_log.read_heads_of([key])[key]
            with self._passing:
                self._positions.setdefault(key, head)
        return self._positions[key]

    def leave(self, key: Key) -> None:
        """Stop listening; the last one to leave ends the topic here."""
        with self._counting:
            self._listeners[key] = self._listeners.get(key, 1) - 1
            if self._listeners[key] <= 0:
                self._listeners.pop(key, None)
                self._positions.pop(key, None)

    def position(self, key: Key) -> int | None:
        """Return the last sequence number passed on; None when nobody listens."""
        return self._positions.get(key)

    def head_for(self, key: Key, heard: int) -> int:
        """Return how far the log goes for somebody who has heard of facts up to `heard`.

        That is our own position, unless they come from a process that was ahead of us: taken for the whole log, it
        would send them again what they know.
        """
        position = self._positions.get(key, 0)
        if heard <= position:
            return position
        with self.app.app_context():
            return max(position, events_log.read_heads_of([key])[key])

    def at(self, key: Key, position: int, act: Callable[[], None]) -> bool:
        """Do something exactly between two facts: when `position` is the last one passed on; else return False."""
        with self._passing:
            if self._positions.get(key) != position:
                return False
            act()
            return True

    def listened(self) -> list[Key]:
        """Return what is listened to here."""
        return list(self._positions)

    def stop(self) -> None:
        """End the threads (tests; a process simply exits)."""
        self.stopped.set()
        self._poll_now.set()

    def take(self, facts: Iterable[Logged | None]) -> None:
        """Pass on what the tail says; what does not follow directly is read from the log, by the other thread."""
        for fact in facts:
            if fact is None:
                self._poll_now.set()
                continue
            position = self._positions.get(fact.key)
            if position is None or fact.seq <= position:
                continue
            with self._passing:
                if fact.seq == self._positions.get(fact.key, -1) + 1:
                    self._pass(fact)
                    continue
            self._poll_now.set()

    def catch_up(self, keys: list[Key]) -> None:
        """Compare positions with the log and pass on what is missing, a page of each topic in turn."""
        if not keys:
            return
        with self.app.app_context():
            behind = events_log.read_heads_of(keys)
            while behind:
                behind = {key: head for key, head in behind.items() if not self._read_page(key, head)}

    def _read_page(self, key: Key, head: int) -> bool:
        """Pass on the next facts of the log; return whether the head is reached."""
        position = self._positions.get(key)
        if position is None or position >= head:
            return True
        facts = events_log.read_after(key, position, PAGE)
        with self._passing:
            for fact in facts:
                if fact.seq > self._positions.get(key, fact.seq):
                    self._pass(fact)
            if not facts and self._positions.get(key) == position:  # dropped by age: there is nothing left to pass on
                self._positions[key] = head
        return False

    def _pass(self, fact: Logged) -> None:
        if fact.key not in self._positions:
            return
        self._positions[fact.key] = fact.seq
        for outlet in self.outlets:
            try:
                outlet(fact)
            except Exception:  # one outlet's failure must not stop the others, nor the reader
                log.exception("live outlet failed", topic=fact.topic, type=fact.type)

    def _start(self) -> None:
        if not self._started:
            self._started = True
            for work in (self._read, self._poll):
                threading.Thread(target=work, name=f"live{work.__name__}", daemon=True).start()

    def _read(self) -> None:
        """Follow the tail for ever."""
        client = connect(self.settings, timeout_s=BUDGET_S)
        last_id: bytes | None = None
        while not self.stopped.is_set():
            try:
                if last_id is None:
                    last_id = tail.newest_id(client)
                    self._poll_now.set()
                last_id, facts = tail.read_tail(client, last_id, block_ms=BLOCK_MS)
                self.away = False
                self.take(facts)
            except (RedisError, OSError) as error:
                if not self.away:
                    log.warning("valkey away; live pages read the log", error=str(error))
                self.away, last_id = True, None
                self._poll_now.set()
                self.stopped.wait(RETRY_S)

    def _poll(self) -> None:
        """Compare with the log: often while Valkey is away, now and then otherwise."""
        checked_at = time.monotonic()
        while not self.stopped.is_set():
            if self.away:
                self.stopped.wait(AWAY_POLL_S)
            else:
                self._poll_now.wait(CHECK_EVERY_S)
            self._poll_now.clear()
            try:
                self.catch_up(self.listened())
                if time.monotonic() - checked_at >= CHECK_EVERY_S:
                    checked_at = time.monotonic()
                    for check in self.checks:
                        check()
            except SQLAlchemyError as error:
                log.warning("database away", error=str(getattr(error, "orig", error)).strip())
                self.stopped.wait(RETRY_S)
                self._poll_now.set()  # what was missing is missing still


def itself(app: Flask) -> Flask:
    """Return the app, where only `current_app` may be at hand: that stands for it in this request, and in no thread."""
    found: Flask = app._get_current_object() if isinstance(app, LocalProxy) else app  # noqa: SLF001 (its public name)
    return found


def hub_of(app: Flask) -> Hub:
    """Return the app's hub, made on first use, after the process was forked."""
    app = itself(app)  # the hub outlives whoever asks first
    if EXTENSION not in app.extensions:
        app.extensions[EXTENSION] = Hub(app)
    hub: Hub = app.extensions[EXTENSION]
    return hub
