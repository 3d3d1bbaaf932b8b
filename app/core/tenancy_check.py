"""What row-level security stands on, checked at start: a login that it binds, and tables that force it."""

import sqlalchemy as sa
import structlog
from flask import Flask
from sqlalchemy.exc import DBAPIError

from app.core.db import db
from config import BadSettings

log = structlog.get_logger(__name__)

LOGIN = sa.text(
    """SELECT current_user AS name, r.rolsuper AS is_super, r.rolbypassrls AS bypasses,
              EXISTS (SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                      WHERE n.nspname = 'public' AND c.relowner = r.oid AND c.relkind IN ('r', 'p')) AS owns
       FROM pg_roles r WHERE r.rolname = current_user"""
)
UNFORCED = sa.text(
    """SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'company_id' AND NOT a.attisdropped
       WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p')
         AND NOT (c.relrowsecurity AND c.relforcerowsecurity) ORDER BY 1"""
)


def find_tenancy_faults(connection: sa.Connection) -> list[str]:
    """Return what would let one company read another, each with what to do."""
    login = connection.execute(LOGIN).one()
    faults = []
    if login.is_super or login.bypasses:
        what = "a superuser" if login.is_super else "BYPASSRLS"
        faults.append(f"DATABASE_URL: the login {login.name} is {what}; companies would see each other. " + ADVICE)
    if login.owns:
        faults.append(f"DATABASE_URL: the login {login.name} owns the tables, so it could lift their rules. " + ADVICE)
    unforced = connection.execute(UNFORCED).scalars().all()
    if unforced:
        names = ", ".join(unforced)
        faults.append(
            f"Tables without forced row-level security: {names}. Run flask db upgrade, or restore their policies."
        )
    return faults


ADVICE = "Use the app login that `flask db bootstrap` makes (qd_app)."


def check_database(app: Flask) -> None:
    """Refuse to start on a database where companies could see each other.

    A database that does not answer is no reason: the pages tell it, and readiness waits.

    Raises:
        BadSettings: The login or a table is unsafe.
    """
    with app.app_context():
        try:
            with db.engine.connect() as connection:
                faults = find_tenancy_faults(connection)
        except DBAPIError as error:
            log.warning("database not checked", reason=type(error.orig).__name__)
            return
    if faults:
        raise BadSettings("\n".join(faults))
