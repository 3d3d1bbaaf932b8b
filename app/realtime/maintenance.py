"""Tells the open pages when maintenance mode goes on or off; each web process tells its own sockets."""

from flask import Flask

from app.core import clock
from app.extensions import socketio
from app.flags.gates import Gate, is_open
from app.flags.use import on_change
from app.realtime import rooms
from app.realtime.switchboard import NAMESPACE

BEGINS = "Maintenance begins: this installation is closed for everybody but platform admins."
ENDS = "Maintenance is over. Everything is open again."


class MaintenanceNotice:
    """Remembers how the flag stood, so that a process that starts tells nothing."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.was_on: bool | None = None

    def look(self, changed: frozenset[str]) -> None:
        """Tell everybody here, when it is this flag and it turned."""
        if Gate.MAINTENANCE_MODE not in changed:
            return
        with self.app.app_context():
            is_on = is_open(Gate.MAINTENANCE_MODE)
        if self.was_on is not None and is_on is not self.was_on:
            self.tell(BEGINS if is_on else ENDS)
        self.was_on = is_on

    def tell(self, text: str) -> None:
        """Say it to every socket of this process."""
        server = socketio.server  # type: ignore[attr-defined]  # python-socketio is untyped
        if server is not None:
            event = {"type": "system.maintenance", "time": clock.rfc3339(clock.now()), "data": {"text": text}}
            server.emit("system.maintenance", event, to=rooms.EVERYONE, namespace=NAMESPACE)


def init_maintenance(app: Flask) -> None:
    """Listen to the flag."""
    on_change(MaintenanceNotice(app).look)
