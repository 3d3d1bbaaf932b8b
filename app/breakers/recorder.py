"""Keeps what this process's breakers did and counted: away from their calls, and again when the database was away."""

import os
import threading
from collections import deque

import structlog
from flask import Flask
from sqlalchemy.exc import DataError, SQLAlchemyError

from app.breakers import history, registry, totals
from app.breakers.figures import Minute
from app.breakers.states import Reason, Transition
from app.core import guards, process
from app.core.errors import Problem
from app.core.ids import new_ulid
from app.core.installation import installation

log = structlog.get_logger(__name__)
EVERY_S = 10.0
MOST_TRANSITIONS, MOST_MINUTES = 1000, 5000
EXTENSION = "quarterdeck-breaker-recorder"


class Recorder:
    """What waits to be written in one process, and the thread that writes it.

    What cannot be written is kept: the newest 1,000 transitions and 5,000 minutes. What a killed process had not
    written, at most 10 s of counts, is lost.
    """

    def __init__(self, app: Flask) -> None:
        self.app = app
        self._begin()
        os.register_at_fork(after_in_child=self._begin)

    def _begin(self) -> None:
        """Begin empty; a forked child, too, for its parent writes its own."""
        self._transitions: deque[tuple[str, Transition]] = deque(maxlen=MOST_TRANSITIONS)
        self._minutes: dict[tuple[str, int], Minute] = {}
        self._wake = threading.Event()
        self._starting, self._writing = threading.Lock(), threading.Lock()
        self._thread: threading.Thread | None = None

    def tell(self, transition: Transition) -> None:
        """Take a transition; a person's acts are written by the act itself."""
        if transition.reason is not Reason.MANUAL:
            self._transitions.append((new_ulid(), transition))
            self.ensure_started()
            self._wake.set()

    def ensure_started(self) -> None:
        """Start the thread unless it runs."""
        with self._starting:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="breaker-history", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            self._wake.wait(EVERY_S)
            self._wake.clear()
            try:
                self.write()
            except (SQLAlchemyError, Problem) as error:
                log.warning("what breakers did is not written yet", error=str(getattr(error, "orig", error)).strip())
            except Exception:  # one bad row must not end the history of all
                log.exception("what breakers did is not written")

    def write(self) -> None:
        """Write everything that waits.

        Raises:
            SQLAlchemyError: The database is away; what was not written waits.
        """
        with self._writing, self.app.app_context(), guards.unguarded(), installation():
            while self._transitions:
                first = self._transitions[0]
                try:
                    history.write_transition(*first)
                except DataError:  # such a row is never taken; the others must not wait for it
                    log.exception("transition cannot be kept", breaker=first[1].name)
                if self._transitions and self._transitions[0] is first:
                    self._transitions.popleft()
            self._gather()
            minutes, self._minutes = self._minutes, {}
            try:
                history.add_minutes(minutes.values(), process.kind())
            except BaseException:
                self._minutes = minutes
                raise

    def _gather(self) -> None:
        for one in registry.breakers():
            for new in one.drain_minutes():
                totals.keep(new)
                old = self._minutes.get((new.name, new.at), Minute(new.name, new.at, 0, 0, 0, 0))
                self._minutes[new.name, new.at] = Minute(
                    new.name, new.at, old.calls + new.calls, old.failures + new.failures, old.slow + new.slow,
                    old.rejected + new.rejected,
                )  # fmt: skip
        totals.send()
        while len(self._minutes) > MOST_MINUTES:
            del self._minutes[next(iter(self._minutes))]


_current: list[Recorder] = []


@registry.on_transition
def tell_recorder(transition: Transition) -> None:
    """Pass a transition on to the app of this process."""
    for recorder in _current:
        recorder.tell(transition)


def keep_for(app: Flask) -> Recorder:
    """Let an app keep what this process's breakers do from here on."""
    recorder: Recorder = app.extensions.setdefault(EXTENSION, Recorder(app))
    _current[:] = [recorder]
    return recorder
