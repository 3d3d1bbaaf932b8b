"""What row-level security stands on, checked at start: logins that it binds, each where it belongs, and tables that force it."""

import psycopg
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


BELONGS = sa.text("SELECT r.rolname = current_user FROM pg_roles r WHERE r.rolname = :role")
# The engine of each login, None for the app's own; its setting, and the role `flask db bootstrap` makes for it.
LOGINS = {
    None: ("DATABASE_URL", "qd_app"),
    "system": ("DATABASE_SYSTEM_URL", "qd_system"),
    "platform": ("DATABASE_PLATFORM_URL", "qd_platform"),
}
# What stands in an answer of a server that lets nobody in, now and later; one that starts or is full says other things.
REFUSED = (
    "password authentication failed", "does not exist", "permission denied", "pg_hba.conf", "not permitted to log in",
)  # fmt: skip


def find_tenancy_faults(connection: sa.Connection) -> list[str]:
    """Return what would let one company read another, each with what to do."""
    faults = find_login_faults(connection, *LOGINS[None])
    unforced = connection.execute(UNFORCED).scalars().all()
    if unforced:
        names = ", ".join(unforced)
        faults.append(
            f"Tables without forced row-level security: {names}. Run flask db upgrade, or restore their policies."
        )
    return faults


def find_login_faults(connection: sa.Connection, setting: str, role: str) -> list[str]:
    """Return what is wrong with one login.

    Args:
        setting: Which one logged in here.
        role: Which one belongs there; policies and rights are given to it by name.
    """
    login = connection.execute(LOGIN).one()
    advice = f"Use the login that `flask db bootstrap` makes ({role})."
    if login.is_super or login.bypasses:
        what = "a superuser" if login.is_super else "BYPASSRLS"
        return [f"{setting}: the login {login.name} is {what}; companies would see each other. {advice}"]
    if login.owns:
        return [f"{setting}: the login {login.name} owns the tables, so it could lift their rules. {advice}"]
    # Where the roles have other names, nobody can say which one belongs here.
    if connection.execute(BELONGS, {"role": role}).scalar() is False:
        return [f"{setting}: {login.name} is the login of another setting. {advice}"]
    return []


def find_logins_faults(app: Flask) -> list[str]:
    """Return what is wrong with any login a process of ours reads and writes with.

    Raises:
        DBAPIError: The database did not answer, or did not let one in.
    """
    faults = []
    with app.app_context():
        for name, (setting, role) in LOGINS.items():
            if name is not None and name not in db.engines:
                continue
            try:
                with db.engines[name].connect() as connection:
                    faults += find_login_faults(connection, setting, role) if name else find_tenancy_faults(connection)
            except DBAPIError as error:
                if (reason := refusal_of(error)) is None:
                    raise
                faults.append(f"{setting}: the database does not let us in ({reason}); correct its login or its name")
    return faults


def refusal_of(error: DBAPIError) -> str | None:
    """Return what the server said when it let nobody in, in its words, which hold no password; None when it is away."""
    if not isinstance(error.orig, psycopg.OperationalError):
        return None
    lines = [line.partition("FATAL:")[2].strip() for line in str(error.orig).splitlines() if "FATAL:" in line]
    return next((line for line in lines if any(words in line for words in REFUSED)), None)


def check_database(app: Flask) -> None:
    """Refuse to start on a database where companies could see each other.

    A database that does not answer is no reason: the pages tell it, and readiness waits. One that does not let us in is.

    Raises:
        BadSettings: A login or a table is unsafe, or a login is not let in.
    """
    try:
        faults = find_logins_faults(app)
    except DBAPIError as error:
        log.warning("database not checked", reason=type(error.orig).__name__)
        return
    finally:
        with app.app_context():
            for engine in db.engines.values():
                engine.dispose()  # no child of this process may speak on a connection of its parent
    if faults:
        raise BadSettings("\n".join(faults))
