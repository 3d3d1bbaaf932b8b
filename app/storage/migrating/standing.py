"""How a migration stands, as whoever runs it reads and writes it: with the system login, a column at a time."""

import json
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from app.core import clock
from app.core.db import db, transaction
from app.core.tenancy import system_work
from app.storage.migrating.problems import MigrationNotThere
from app.storage.models import Migration


@dataclass(frozen=True, slots=True)
class Standing:
    """A migration as it was read just now."""

    row: Migration


def read_standing(migration_id: str) -> Standing:
    """Read a migration.

    Raises:
        MigrationNotThere: There is none of that id.
    """
    with system_work():
        row = db.session.scalar(sa.select(Migration).where(Migration.id == migration_id))
        if row is None:
            raise MigrationNotThere
        db.session.expunge(row)
    return Standing(row)


def write_figures(migration_id: str, figures: dict[str, Any], error: str) -> None:  # Any: JSON
    """Keep how far a migration is, when that was, and what holds it up."""
    told = {**figures, "beaten_at": clock.rfc3339(clock.now())}
    with system_work(), transaction() as session:
        session.execute(
            sa.text(
                "UPDATE storage_migrations SET figures = figures || CAST(:told AS jsonb), error = :error WHERE id = :m"
            ),
            {"told": json.dumps(told), "error": error[:500], "m": migration_id},
        )
