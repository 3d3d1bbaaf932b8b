"""The connection statements are planned on: it reads under the policies, writes nothing and commits nothing."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import psycopg.sql as psql
from flask import current_app
from psycopg.rows import dict_row

from app.core.address import libpq_address
from app.queries.explain.problems import ExplainAway, ExplainBusy, ExplainMissing, ExplainUnsafe
from app.queries.explain.words import describe
from app.queries.server.protocol import Link, Row
from config import Settings

APPLICATION = "quarterdeck-explain"
CONNECT_S = 2
LOCK_MS = 200
TURN_MS = 2000  # how long one waits for its turn
TURN = 7_166_201  # the advisory lock: a number of our own
WORK_MEM = "16MB"
# What a login must not be or belong to, whatever it was called when it was set up.
RIGHTS = """SELECT rolsuper AS "superuser", rolbypassrls AS "BYPASSRLS", rolcreaterole AS "CREATEROLE",
  rolcreatedb AS "CREATEDB", rolreplication AS "REPLICATION",
  pg_has_role(oid, 'pg_read_server_files', 'MEMBER') AS "pg_read_server_files",
  pg_has_role(oid, 'pg_write_server_files', 'MEMBER') AS "pg_write_server_files",
  pg_has_role(oid, 'pg_execute_server_program', 'MEMBER') AS "pg_execute_server_program",
  pg_has_role(oid, 'pg_signal_backend', 'MEMBER') AS "pg_signal_backend",
  pg_has_role(oid, 'pg_read_all_data', 'MEMBER') AS "pg_read_all_data",
  pg_has_role(oid, 'pg_write_all_data', 'MEMBER') AS "pg_write_all_data",
  has_database_privilege(oid, current_database(), 'CREATE') AS "CREATE in the database",
  has_database_privilege(oid, current_database(), 'TEMPORARY') AS "TEMPORARY tables",
  has_schema_privilege(oid, 'public', 'CREATE') AS "CREATE in the schema"
  FROM pg_roles WHERE rolname = session_user"""


@contextmanager
def explain_connection(
    company_id: int | None = None, *, url: str | None = None, timeout_ms: int | None = None
) -> Iterator[Link]:
    """Open a transaction that reads as one company and is always rolled back; one at a time in the whole database.

    Args:
        company_id: Whose rows the policies let through; None sees none, and plans carry the policy all the same.
        url: Another server than ours: a replica's, with the same login.
        timeout_ms: Of each statement; EXPLAIN_TIMEOUT_MS if not given.

    Raises:
        ExplainMissing: No login is set.
        ExplainUnsafe: It may do what it must not.
        ExplainAway: The server does not answer.
        ExplainBusy: Others plan now.
        ExplainFailed: What a statement inside the block met, in our words.
    """
    settings: Settings = current_app.config["SETTINGS"]
    with open_reading(url or explain_url(settings)) as connection:
        try:
            refuse_rights(connection)
            take_turn(connection)
            limit(connection, company_id, timeout_ms or settings.explain_timeout_ms)
            yield connection
        except psycopg.Error as error:
            raise describe(error) from None
        finally:
            if not connection.closed:
                connection.rollback()


def explain_url(settings: Settings) -> str:
    """Return the login's address.

    Raises:
        ExplainMissing: It is not set.
    """
    if settings.database_explain_url is None:
        raise ExplainMissing
    return settings.database_explain_url.get_secret_value()


@contextmanager
def open_reading(url: str) -> Iterator[Link]:
    """Connect for one READ ONLY transaction, without a pool.

    Raises:
        ExplainAway: It does not answer.
    """
    try:
        connection: psycopg.Connection[Row] = psycopg.connect(
            libpq_address(url), row_factory=dict_row, prepare_threshold=None, connect_timeout=CONNECT_S,
            application_name=APPLICATION, options="-c timezone=UTC",
        )  # fmt: skip
    except psycopg.Error:
        raise ExplainAway from None
    try:
        connection.read_only = True
        yield connection
    finally:
        connection.close()


def refuse_rights(connection: Link) -> None:
    """Refuse a login that could do harm, such as an embedded server's superuser put there by mistake.

    Raises:
        ExplainUnsafe: Names the first right it should not have.
    """
    held = connection.execute(RIGHTS).fetchone() or {"unknown": True}
    if found := [name for name, has in held.items() if has]:
        raise ExplainUnsafe(right=found[0])


def take_turn(connection: Link) -> None:
    """Wait for the one place.

    Raises:
        ExplainBusy: It was not free in time.
    """
    connection.execute(psql.SQL("SET LOCAL lock_timeout = {}").format(psql.Literal(TURN_MS)))
    try:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [TURN])
    except psycopg.errors.LockNotAvailable:
        raise ExplainBusy from None


def limit(connection: Link, company_id: int | None, timeout_ms: int) -> None:
    """Set what this transaction may take, and whose rows it may see."""
    limits = {
        "statement_timeout": str(timeout_ms), "lock_timeout": str(LOCK_MS),
        "idle_in_transaction_session_timeout": str(timeout_ms * 2), "work_mem": WORK_MEM,
        "search_path": "pg_catalog, public", "qd.company_id": "" if company_id is None else str(company_id),
    }  # fmt: skip
    for name, value in limits.items():
        connection.execute("SELECT set_config(%s, %s, true)", [name, value])
