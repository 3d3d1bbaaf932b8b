"""What is missing for PostgreSQL's figures to be whole, each with the statement that mends it."""

from dataclasses import dataclass

import psycopg
import psycopg.sql as psql

from app.core.errors import Problem
from app.queries.server.counters import find_home
from app.queries.server.link import in_our_words, monitor
from app.queries.server.problems import CountersMissing
from app.queries.server.protocol import Link

STATE = """
SELECT current_user AS login, pg_has_role(current_user, 'pg_read_all_stats', 'MEMBER') AS reads_all,
       (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS is_super,
       current_setting('track_io_timing') = 'on' AS times_reads,
       coalesce(current_setting('pg_stat_statements.track_planning', true), 'off') = 'on' AS times_planning
"""


@dataclass(frozen=True)
class Notice:
    """Something that is missing.

    Attributes:
        code: Stable, for scripts.
        sentence: What is not seen because of it.
        mend: What an administrator runs; "" when it is a setting of ours.
        is_serious: False when figures are only less detailed.
    """

    code: str
    sentence: str
    mend: str
    is_serious: bool = True


def find_notices() -> list[Notice]:
    """Return what is missing; asks PostgreSQL itself, over the monitor's connection."""
    try:
        with monitor() as link:
            return [*_of_rights(link), *_of_counters(link)]
    except Problem as problem:
        return [Notice(problem.code, problem.sentence, "")]
    except psycopg.Error as error:
        return [Notice("monitor-away", in_our_words(error), "")]


def _of_rights(link: Link) -> list[Notice]:
    row = link.execute(STATE).fetchone() or {}
    found = []
    if not row["reads_all"]:
        mend = psql.SQL("GRANT pg_read_all_stats TO {};").format(psql.Identifier(row["login"])).as_string(link)
        found.append(
            Notice("no-read-all-stats", "What other logins do is not seen: the monitor may not read it.", mend)
        )
    if row["is_super"]:
        mend = psql.SQL("ALTER ROLE {} NOSUPERUSER;").format(psql.Identifier(row["login"])).as_string(link)
        found.append(Notice("monitor-is-superuser", "The monitor's login may do anything; it need only read.", mend))
    if not row["times_reads"]:
        mend = "ALTER SYSTEM SET track_io_timing = on; SELECT pg_reload_conf();"
        found.append(Notice("no-io-timing", "How long reads from disk take is not counted.", mend, is_serious=False))
    if not row["times_planning"]:
        mend = "ALTER SYSTEM SET pg_stat_statements.track_planning = on; SELECT pg_reload_conf();"
        found.append(
            Notice("no-planning", "How long planning takes is not counted, only running.", mend, is_serious=False)
        )
    return found


def _of_counters(link: Link) -> list[Notice]:
    """Look whether the counters can be read: the extension may be there, and its library not loaded."""
    preload = "shared_preload_libraries = 'pg_stat_statements'  -- in postgresql.conf, then restart PostgreSQL"
    try:
        home = find_home(link)
        link.execute(psql.SQL("SELECT 1 FROM {}.pg_stat_statements_info").format(psql.Identifier(home.schema)))
    except CountersMissing as problem:
        return [Notice(problem.code, problem.title, "CREATE EXTENSION pg_stat_statements;")]
    except psycopg.errors.ObjectNotInPrerequisiteState:
        return [
            Notice("counters-not-loaded", "PostgreSQL does not count statements: its library is not loaded.", preload)
        ]
    return []
