"""Windows: many changes, few messages.

The first change of a topic goes out at once, then one message per window: 50 ms, and 250 ms above 40 rows
a second, when the page's badge says busy. A window has a longest wait and never starts again with the
next change, so a flood cannot silence a page. Rows are read and rendered when the window closes: once for
all pages of the company, in their newest version.
"""

import heapq
import itertools
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import structlog
from flask import Flask

from app.core import events_log
from app.core.events_log import Key, Logged
from app.core.live import TOPICS
from app.core.live_render import render_rows

log = structlog.get_logger(__name__)
WINDOW_S, BUSY_WINDOW_S, RETRY_S = 0.05, 0.25, 1.0
BUSY_ROWS_PER_S = 40
MOST_ROWS = 300
WORKERS = 3
Message = dict[str, Any]
Send = Callable[[Key, Message], None]


@dataclass
class Window:
    """What waits for one topic of one company.

    Attributes:
        start: Position before the first fact of the window; messages join without a gap.
        again: True when pages must read themselves again: a fact about many rows, or too many facts.
    """

    start: int
    end: int
    row_ids: dict[str, None] = field(default_factory=dict)
    again: bool = False
    waiting: bool = False
    sent_at: float = 0.0
    changes: deque[float] = field(default_factory=lambda: deque(maxlen=BUSY_ROWS_PER_S))

    def add(self, fact: Logged, now: float) -> None:
        """Take one fact in."""
        self.end = fact.seq
        if fact.user_id is not None:
            return
        self.changes.append(now)
        if fact.row_id is None or len(self.row_ids) >= MOST_ROWS:
            self.again = True
        else:
            self.row_ids[fact.row_id] = None

    def take(self) -> tuple[dict[str, None], bool]:
        """Empty the window: what it held goes out now, what comes meanwhile goes with the next message."""
        held = self.row_ids, self.again
        self.row_ids, self.again = {}, False
        return held

    def put_back(self, row_ids: dict[str, None], *, again: bool) -> None:
        """Hold again what could not be sent."""
        self.row_ids = row_ids | self.row_ids
        self.again = self.again or again

    def is_busy(self, now: float) -> bool:
        """True while more rows change than a person can follow."""
        return len(self.changes) == BUSY_ROWS_PER_S and now - self.changes[0] < 1.0

    def due_at(self, now: float) -> float:
        """When the next message may go."""
        return max(now, self.sent_at + (BUSY_WINDOW_S if self.is_busy(now) else WINDOW_S))


class Windows:
    """All windows of one process, and the few threads that close them."""

    def __init__(self, app: Flask, send: Send, is_watched: Callable[[Key], bool]) -> None:
        self.app, self.send, self.is_watched = app, send, is_watched
        self._windows: dict[Key, Window] = {}
        self._due: list[tuple[float, int, Key]] = []
        self._order = itertools.count()
        self._changed = threading.Condition()
        self._started = False

    def add(self, fact: Logged) -> None:
        """Take a fact of a listened topic."""
        if fact.topic not in TOPICS:
            return
        now = time.monotonic()
        with self._changed:
            window = self._windows.setdefault(fact.key, Window(start=fact.seq - 1, end=fact.seq - 1))
            window.add(fact, now)
            if not window.waiting:
                self._schedule(fact.key, window, window.due_at(now))

    def sent(self, key: Key) -> int | None:
        """Return the position pages were told last; None before the first message."""
        window = self._windows.get(key)
        return None if window is None else window.start

    def forget(self, key: Key) -> None:
        """Drop the window of a topic nobody listens to any more."""
        with self._changed:
            self._windows.pop(key, None)

    def _schedule(self, key: Key, window: Window, at: float) -> None:
        window.waiting = True
        heapq.heappush(self._due, (at, next(self._order), key))
        if not self._started:
            self._started = True
            for number in range(WORKERS):
                threading.Thread(target=self._run, name=f"live-window-{number}", daemon=True).start()
        self._changed.notify()

    def _run(self) -> None:
        while True:
            key = self._next_due()
            try:
                self._close(key)
            except Exception:  # the rows stay in the window and are tried again
                log.exception("live window failed", topic=key[1])
                self._again_later(key)

    def _next_due(self) -> Key:
        with self._changed:
            while True:
                now = time.monotonic()
                if self._due and self._due[0][0] <= now:
                    return heapq.heappop(self._due)[2]
                self._changed.wait(self._due[0][0] - now if self._due else None)

    def _close(self, key: Key) -> None:
        """Send what the window holds. While this runs the key is not scheduled, so messages keep their order."""
        with self._changed:
            window = self._windows.get(key)
            if window is None:
                return
            (row_ids, again), end = window.take(), window.end
            is_busy = window.is_busy(time.monotonic())
        try:
            if self.is_watched(key):
                message = make_message(self.app, key, window.start, end, [] if again else list(row_ids))
                self.send(key, message | {"busy": is_busy} | ({"reset": True} if again else {}))
        except BaseException:
            with self._changed:
                window.put_back(row_ids, again=again)
            raise
        now = time.monotonic()
        with self._changed:
            window.sent_at, window.start, window.waiting = now, end, False
            if window.end > end:
                self._schedule(key, window, window.due_at(now))

    def _again_later(self, key: Key) -> None:
        with self._changed:
            window = self._windows.get(key)
            if window is not None:
                self._schedule(key, window, time.monotonic() + RETRY_S)


def make_message(app: Flask, key: Key, start: int, end: int, row_ids: list[str]) -> Message:
    """Return what a page gets: the rows that changed between two positions, as they are now."""
    rows, gone = render_rows(app, key, row_ids)
    with app.app_context():
        epoch = epoch_of(app)
    return {
        "topic": key[1], "epoch": epoch, "from": start, "to": end, "ids": row_ids,
        "rows": [{"id": row.id, "version": row.version, "html": row.html} for row in rows], "gone": gone,
    }  # fmt: skip


def epoch_of(app: Flask) -> str:
    """Return the log's epoch, read once per process: a rebuilt log means new processes."""
    if "live-epoch" not in app.extensions:
        from app.core.tenancy import platform_reads

        with platform_reads():
            app.extensions["live-epoch"] = events_log.read_epoch()
    return str(app.extensions["live-epoch"])
