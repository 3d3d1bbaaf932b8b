"""Ready means: the schema was seen at head since this process started, and it is not about to stop.

An outage of PostgreSQL after that is told by the pages (503, Retry-After), never by readiness: a shared
dependency that ejects every process leaves nobody to tell.
"""

from dataclasses import dataclass

import sqlalchemy as sa
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy.exc import DBAPIError

from app.core import guards
from app.core.db import db
from app.core.draining import is_draining


@dataclass
class Schema:
    """What this process knows of the database's schema.

    Attributes:
        folder: Where the migrations are.
        is_current: Once true it stays: nobody downgrades under a running process.
    """

    folder: str
    is_current: bool = False

    def look(self) -> str:
        """Return why the schema does not fit; empty when it does. A schema newer than this code fits."""
        scripts = ScriptDirectory(self.folder)
        head = scripts.get_current_head()
        try:
            with guards.unguarded(), db.engine.connect() as connection:
                found = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
        except DBAPIError as error:
            return f"the database does not answer or has no schema ({type(error.orig).__name__})"
        known = {script.revision for script in scripts.walk_revisions()}
        if found is None or (found in known and found != head):
            return f"the schema is at {found or 'nothing'}, this code needs {head}: run flask db upgrade"
        self.is_current = True
        return ""


def why_not_ready(app: Flask, schema: Schema) -> str:
    """Return why this process should get no requests; empty when it should."""
    if is_draining():
        return "this process is stopping"
    return "" if schema.is_current else schema.look()
