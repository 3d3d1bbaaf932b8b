"""Where new files go: as the settings say until a migration switches, and then as its row says, in every process.

Held in memory and pushed as all settings of the installation are, so a request asks nobody.
"""

from dataclasses import dataclass

import sqlalchemy as sa
from flask import Flask, current_app

from app.core import clock
from app.core.db import db, transaction
from app.core.installation import installation, installation_id
from app.core.pushed import POLL_S, bump, pushed_of
from app.storage import providers
from app.storage.models.moving import Routing
from config import Settings

NAME = "storage-routing"
EXTENSION = "quarterdeck-storage-routing"
STALE_AFTER_S = 3 * POLL_S  # a process whose keeper sleeps, such as a command, looks itself


@dataclass(frozen=True)
class Routes:
    """What the row says; "" where the settings say."""

    writes_to: str = ""
    mirrors_to: str = ""


def writes_to() -> str:
    """Return the provider of new files."""
    settings: Settings = current_app.config["SETTINGS"]
    return _known().writes_to or settings.storage_provider


def mirrors_to() -> str:
    """Return the provider that gets a copy of each new file; "" for none."""
    found = _known().mirrors_to
    return "" if found == writes_to() else found


def change(*, writes_to: str, mirrors_to: str, reason: str) -> None:
    """Send new files elsewhere; every process knows within milliseconds.

    Args:
        writes_to: "" for where the settings say.
        mirrors_to: "" for nowhere.

    Raises:
        ProviderNotSetUp: One of them is not set up.
    """
    for name in filter(None, (writes_to, mirrors_to)):
        providers.provider(name)
    with installation(), transaction():
        revision = bump(NAME)
        row = db.session.scalar(sa.select(Routing))
        if row is None:
            row = Routing(company_id=installation_id())
            db.session.add(row)
        row.writes_to, row.mirrors_to, row.reason = writes_to, mirrors_to, reason
        row.revision, row.updated_at = revision, clock.now()


def refresh(_held: int) -> None:
    """Read the row; the keeper of pushed settings calls it."""
    row = db.session.execute(sa.select(Routing.writes_to, Routing.mirrors_to)).one_or_none()
    current_app.extensions[EXTENSION] = Routes(row.writes_to, row.mirrors_to) if row else Routes()


def follow(app: Flask) -> None:
    """Keep this process's routes as the table says."""
    pushed_of(app).register(NAME, refresh)


def _known() -> Routes:
    keeper = pushed_of(current_app._get_current_object())  # type: ignore[attr-defined]  # noqa: SLF001 (the app itself)
    keeper.freshen(NAME, STALE_AFTER_S)
    found: Routes = current_app.extensions.get(EXTENSION) or Routes()
    return found
