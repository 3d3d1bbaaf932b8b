"""The change stream: `refetchEvaluation` whenever the flags moved; it says that, and never what.

The id of an event is the revision, so a client that comes back with Last-Event-ID is told at once when it
missed something. Many saves in a row make one event.
"""

import json
import threading
from collections.abc import Iterator

from flask import Flask

from app.accounts.service import still_valid
from app.core import draining
from app.core.auth import Principal
from app.core.pushed import pushed_of

LOOK_EVERY_S, CHECK_EVERY_S = 1.0, 10.0
GATHER_S = 0.1
NAME = "flags"
_bells: set[threading.Event] = set()


def ring(_: frozenset[str]) -> None:
    """Wake every stream of this process."""
    for bell in list(_bells):
        bell.set()


class ChangeStream:
    """One client's stream."""

    def __init__(self, app: Flask, who: Principal, last_id: str) -> None:
        self.app, self.who = app, who
        self.keeper = pushed_of(app)
        self.told = int(last_id[:18]) if last_id.isascii() and last_id.isdigit() else self.keeper.held[NAME]

    def events(self) -> Iterator[str]:
        """Yield the text of the stream until the client goes, its credential ends, or the process stops."""
        bell = threading.Event()
        _bells.add(bell)
        quiet_s = 0.0
        try:
            yield "retry: 2000\n\n"
            while not draining.is_draining():
                revision = self.keeper.held[NAME]
                if revision != self.told:
                    self.told, quiet_s = revision, 0.0
                    yield f"id: {revision}\nevent: message\ndata: {json.dumps({'type': 'refetchEvaluation'})}\n\n"
                if bell.wait(LOOK_EVERY_S):
                    bell.clear()
                    threading.Event().wait(GATHER_S)  # saves that follow at once are one event
                    continue
                quiet_s += LOOK_EVERY_S
                if quiet_s >= CHECK_EVERY_S:
                    quiet_s = 0.0
                    if not self._is_welcome():
                        return
                    yield ": here\n\n"
        finally:
            _bells.discard(bell)

    def _is_welcome(self) -> bool:
        with self.app.app_context():
            return bool(still_valid([self.who]))
