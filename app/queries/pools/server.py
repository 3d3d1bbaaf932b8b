"""PostgreSQL's own view of our connections, and how many it lets in."""

from dataclasses import dataclass

import psycopg

from app.core.errors import Problem
from app.queries.server.link import monitor

MONITOR_MS = 1000
# No table is touched: these answer whatever is locked.
SESSIONS = """
SELECT usename AS role, application_name AS application, count(*) AS connections,
       count(*) FILTER (WHERE state = 'active') AS active,
       count(*) FILTER (WHERE state = 'idle') AS idle,
       count(*) FILTER (WHERE state LIKE 'idle in transaction%') AS in_transaction,
       coalesce(extract(epoch FROM max(now() - xact_start) FILTER (WHERE state <> 'idle')), 0)::float8 AS oldest_s
FROM pg_stat_activity WHERE backend_type = 'client backend'
GROUP BY usename, application_name ORDER BY count(*) DESC, usename, application_name
"""
ROOM = """
SELECT current_setting('max_connections')::int
       - current_setting('superuser_reserved_connections')::int
       - coalesce(current_setting('reserved_connections', true)::int, 0) AS room
"""


@dataclass(frozen=True)
class Connections:
    """One role's connections by one program.

    Attributes:
        in_transaction: Hold a transaction open and do nothing.
        oldest_s: How long the oldest transaction among them is open.
    """

    role: str
    application: str
    connections: int
    active: int
    idle: int
    in_transaction: int
    oldest_s: float


@dataclass(frozen=True)
class ServerView:
    """What PostgreSQL says.

    Attributes:
        room: How many connections it lets ordinary logins have.
        missing: Why it says nothing; "" when it does.
    """

    sessions: list[Connections]
    room: int | None = None
    missing: str = ""

    @property
    def total(self) -> int:
        """All connections."""
        return sum(one.connections for one in self.sessions)


def ask_server() -> ServerView:
    """Ask PostgreSQL over the monitor's own connection, never over a pool that may be what is exhausted."""
    try:
        with monitor(MONITOR_MS) as link:
            rows, room = link.execute(SESSIONS).fetchall(), link.execute(ROOM).fetchone()
    except Problem as problem:
        return ServerView([], missing=problem.sentence)
    except psycopg.Error:
        return ServerView([], missing="PostgreSQL did not say in time who is connected.")
    sessions = [Connections(**{**row, "role": row["role"] or "", "application": row["application"]}) for row in rows]
    return ServerView(sessions, room["room"] if room else None)
