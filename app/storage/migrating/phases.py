"""The phases of a migration, and how its row goes from one to the next."""

from enum import StrEnum

import sqlalchemy as sa

from app.core import clock
from app.core.db import db, transaction
from app.core.installation import installation
from app.core.outbox import record
from app.storage.migrating.events import MigrationChanged
from app.storage.migrating.problems import WrongPhase
from app.storage.migrating.rows import Scope
from app.storage.models import Migration


class Phase(StrEnum):
    """Where a migration stands."""

    PLANNED = "planned"
    COPYING = "copying"
    VERIFYING = "verifying"
    READY = "ready"
    SWITCHING = "switching"
    SOAKING = "soaking"
    REMOVING = "removing"
    DONE = "done"
    ROLLING_BACK = "rolling-back"
    ROLLED_BACK = "rolled-back"
    STOPPED = "stopped"


WORKING = frozenset({Phase.COPYING, Phase.VERIFYING, Phase.SWITCHING, Phase.REMOVING, Phase.ROLLING_BACK})
OVER = frozenset({Phase.DONE, Phase.ROLLED_BACK, Phase.STOPPED})
BEFORE_SWITCH = frozenset({Phase.COPYING, Phase.VERIFYING, Phase.READY})


def scope_of(row: Migration) -> Scope:
    """Return which files a migration is about."""
    return Scope(row.id, row.source, row.target, row.filters.get("company_id"), row.filters.get("category", ""))


def tell(row: Migration, act: str, reason: str = "") -> None:
    """Record what happened to a migration, inside the open transaction."""
    states = row.figures.get("states", {})
    files = sum(one["files"] for one in states.values()) or int(row.plan.get("files", 0))
    record(
        MigrationChanged(id=row.id, act=act, source=row.source, target=row.target, files=files, reason=reason),
        version=row.version,
    )


def advance(migration_id: str, come_from: Phase, to: Phase) -> bool:
    """Let a migration go on by itself; False when somebody changed it meanwhile."""
    with installation(), transaction():
        row = locked(migration_id)
        if row is None or row.phase != come_from:
            return False
        enter(row, to)
        tell(row, to.value)
    return True


def enter(row: Migration, to: Phase) -> None:
    """Set a phase with what belongs to it."""
    row.phase, row.error, row.version = to.value, "", row.version + 1
    if to in OVER:
        row.ended_at = clock.now()


def locked(migration_id: str) -> Migration | None:
    """Return a migration that nobody else changes until this transaction ends."""
    return db.session.scalar(
        sa.select(Migration).where(Migration.id == migration_id).with_for_update()
        .execution_options(populate_existing=True)
    )  # fmt: skip


def must_be(row: Migration, *phases: Phase) -> None:
    """Refuse an act in a phase that does not know it.

    Raises:
        WrongPhase: The migration stands elsewhere.
    """
    if row.phase not in phases:
        raise WrongPhase(phase=row.phase)
