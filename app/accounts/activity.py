"""When a session or token was last used: noted in memory, written once a second off the request path.

A credential is noted at most once a minute, by what SQL says of its last use, so all processes agree.
"""

import threading

import sqlalchemy as sa
import structlog
from flask import Flask, current_app
from sqlalchemy.exc import SQLAlchemyError

from app.core.db import db

EXTENSION = "quarterdeck-activity"
COUNT_EVERY_S = 60
WRITE_EVERY_S = 1.0
log = structlog.get_logger(__name__)


class Activity:
    """The credentials used since the last write."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self._lock = threading.Lock()
        self._sessions: set[str] = set()
        self._tokens: set[str] = set()
        self._timer: threading.Timer | None = None

    def note(self, kind: str, credential: str) -> None:
        """Remember that a credential was used; the first one since the last write starts the clock."""
        with self._lock:
            (self._sessions if kind == "session" else self._tokens).add(credential)
            if self._timer is None:
                self._timer = threading.Timer(WRITE_EVERY_S, self.write)
                self._timer.daemon = True
                self._timer.start()

    def write(self) -> None:
        """Write what was noted. An outage costs a minute of knowledge, never a request."""
        with self._lock:
            sessions, tokens = sorted(self._sessions), sorted(self._tokens)
            self._sessions, self._tokens, self._timer = set(), set(), None
        if not sessions and not tokens:
            return
        try:
            with self.app.app_context(), db.engine.begin() as connection:
                connection.execute(sa.text("SELECT auth_touch(:s, :t)"), {"s": sessions, "t": tokens})
        except (SQLAlchemyError, OSError):
            log.warning("last use not written", sessions=len(sessions), tokens=len(tokens))


def note_use(kind: str, credential: str, seen_s: float | None) -> None:
    """Note a use, unless one was counted within the last minute."""
    if seen_s is None or seen_s >= COUNT_EVERY_S:
        activity: Activity = current_app.extensions[EXTENSION]
        activity.note(kind, credential)


def init_activity(app: Flask) -> None:
    """Give the app its list."""
    app.extensions[EXTENSION] = Activity(app)
