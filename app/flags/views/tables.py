"""The table that a page answers from: of any environment, and never older than the row the page shows."""

from collections.abc import Mapping
from dataclasses import replace

from flask import current_app

from app.core.pushed import read_revision
from app.flags import use as flags
from app.flags.engine.evaluate import Table
from app.flags.engine.model import Flag, Snapshot
from app.flags.load import load
from config import Settings

KEPT = "quarterdeck-flag-tables"


def home_environment() -> str:
    """Return the environment that this installation itself answers from."""
    settings: Settings = current_app.config["SETTINGS"]
    return settings.flags_environment


def table_of(environment: str) -> Table:
    """Return the table of an environment at the database's revision, inside the installation.

    This process's own table is used while it is as new; after a change elsewhere it may not be yet.
    """
    revision = read_revision("flags")
    if environment == home_environment():
        own = flags.table()
        if own.snapshot.revision == revision:
            return own
    kept: dict[str, Table] = current_app.extensions.setdefault(KEPT, {})
    found = kept.get(environment)
    if found is None or found.snapshot.revision != revision:
        loaded = load(environment)
        found = kept[environment] = Table(Snapshot(revision, environment, loaded.flags, loaded.segments))
    return found


def table_with(table: Table, changed: Mapping[str, Flag]) -> Table:
    """Return a table in which some flags are other than they are, for a preview; it counts nothing."""
    return Table(replace(table.snapshot, flags={**table.snapshot.flags, **changed}))
