"""`bin/flask db bootstrap`: make the roles on a server a team runs itself, and say what to set."""

from collections.abc import Mapping

import psycopg
from sqlalchemy.engine import make_url

from app.core.embedded import roles
from config_checks import spread_servers

DEFAULT_DATABASE = "quarterdeck"


def bootstrap_command(environ: Mapping[str, str]) -> str:
    """Make roles, database and extensions, and return the text to print.

    A role's password is taken from its setting if that is there already (DATABASE_URL, DATABASE_SYSTEM_URL …), so that
    a deployment may choose them beforehand and run this at every release; else it is a new random one.

    Args:
        environ: DATABASE_ADMIN_URL, or else DATABASE_OWNER_URL, is the administrator's login.

    Raises:
        RuntimeError: no administrator was named, or it may not make roles.
    """
    administrator = environ.get("DATABASE_ADMIN_URL") or environ.get("DATABASE_OWNER_URL")
    if not administrator:
        raise RuntimeError(
            "Set DATABASE_ADMIN_URL to a login that may make roles: postgresql://postgres:…@host/quarterdeck"
        )
    administrator = spread_servers(administrator)
    dbname = make_url(spread_servers(environ.get("DATABASE_URL") or administrator)).database or DEFAULT_DATABASE
    passwords = roles.make_passwords() | _chosen_passwords(environ)
    maintenance = roles.database_url(administrator, "postgres")
    try:
        settings = roles.bootstrap(maintenance, dbname, passwords)
        missing = roles.find_missing(maintenance, dbname)
    except psycopg.errors.InsufficientPrivilege as problem:
        raise RuntimeError(
            f"This login may not set up the roles ({problem.diag.message_primary}); use an administrator's."
        ) from None
    except psycopg.OperationalError as problem:
        raise RuntimeError(f"The database did not let us in: {str(problem).strip()}") from None
    notes = "".join(f"# Missing, ask the server's owner: {sentence}\n" for sentence in missing)
    lines = "\n".join(f"{name}={value}" for name, value in settings.items())
    return f"# Database {dbname} and its roles are ready. Keep these lines secret, then run: flask db upgrade\n{notes}{lines}"


def _chosen_passwords(environ: Mapping[str, str]) -> dict[str, str]:
    chosen = {}
    for role in roles.ROLES:
        url = make_url(spread_servers(environ[role.setting])) if environ.get(role.setting) else None
        if url is not None and url.username == role.name and url.password:
            chosen[role.name] = str(url.password)
    return chosen
