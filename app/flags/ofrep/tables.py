"""The table of an environment: this installation's own from memory, another one's read when somebody asks."""

import threading
from dataclasses import dataclass

from flask import Flask, current_app

from app.core.installation import installation
from app.core.pushed import pushed_of
from app.flags import use
from app.flags.engine.evaluate import Table
from app.flags.engine.model import Snapshot
from app.flags.environments import check_environment
from app.flags.load import Loaded, load
from config import Settings

EXTENSION = "quarterdeck-ofrep-tables"
NAME = "flags"


@dataclass(slots=True)
class Held:
    """What this process holds of another environment."""

    loaded: Loaded
    table: Table


class OtherTables:
    """Tables of the environments this installation does not itself answer from."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self._held: dict[str, Held] = {}
        self._working = threading.Lock()

    def get(self, environment: str) -> Table:
        """Return the table at the revision this process knows of; what changed since the last time is read."""
        revision = pushed_of(self.app).held[NAME]
        held = self._held.get(environment)
        if held is not None and held.table.snapshot.revision == revision:
            return held.table
        with self._working, installation():
            since = held.table.snapshot.revision if held else 0
            loaded = load(environment, since, held.loaded if held else None)
            snapshot = Snapshot(revision, environment, loaded.flags, loaded.segments)
            table = Table(snapshot, held.table if held else None)
            self._held[environment] = Held(loaded, table)
            return table


def table_of(environment: str | None) -> Table:
    """Return the table to answer from; None means this installation's own environment.

    Raises:
        UnknownEnvironment: There is none of that name.
    """
    settings: Settings = current_app.config["SETTINGS"]
    if environment is None or environment == settings.flags_environment:
        return use.table()
    check_environment(environment)
    use.table()  # awake, so that the revision below is the newest this process knows of
    others: OtherTables = current_app.extensions[EXTENSION]
    return others.get(environment)


def init_tables(app: Flask) -> None:
    """Give the app its holder."""
    app.extensions[EXTENSION] = OtherTables(app)
