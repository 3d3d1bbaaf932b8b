"""Connections as PostgreSQL counts them, and what it has done in this database since its statistics began."""

from dataclasses import dataclass
from datetime import datetime

from app.queries.panels.tables import share
from app.queries.server.protocol import Link

CONNECTIONS = """
SELECT coalesce(datname::text, '') AS database, coalesce(usename::text, '') AS role, application_name AS application,
       coalesce(host(client_addr), '') AS client, count(*) AS total, count(*) FILTER (WHERE state = 'active') AS active,
       count(*) FILTER (WHERE state LIKE 'idle in transaction%%') AS in_transaction,
       count(*) FILTER (WHERE wait_event_type = 'Lock') AS waiting,
       extract(epoch FROM clock_timestamp() - min(backend_start))::float8 AS oldest_s
FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
GROUP BY 1, 2, 3, 4 ORDER BY 5 DESC, 2, 3 LIMIT %(most)s
"""
ROOM = """
SELECT current_setting('max_connections')::int AS most,
       current_setting('superuser_reserved_connections')::int
       + coalesce(current_setting('reserved_connections', true)::int, 0) AS reserved,
       (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')::int AS used
"""
DATABASE = """
SELECT d.blks_hit AS hit, d.blks_read AS read, d.xact_commit AS commits, d.xact_rollback AS rollbacks, d.deadlocks,
       d.conflicts, d.temp_files, d.temp_bytes, d.sessions_killed, coalesce(d.checksum_failures, 0) AS checksum_failures,
       d.stats_reset AS since, current_setting('server_version') AS version, current_setting('track_io_timing')::bool AS times_io
FROM pg_stat_database AS d WHERE d.datname = current_database()
"""


@dataclass(frozen=True)
class Group:
    """The connections of one login and program from one place."""

    database: str
    role: str
    application: str
    client: str
    total: int
    active: int
    in_transaction: int
    waiting: int
    oldest_s: float


@dataclass(frozen=True)
class Room:
    """How many connections there may be; `reserved` of them for administrators alone."""

    most: int
    reserved: int
    used: int

    @property
    def used_share(self) -> float:
        """Of what everybody may use."""
        return self.used / max(self.most - self.reserved, 1)


@dataclass(frozen=True)
class Database:
    """This database since `since`; None when its counters were never set back: they outlive a restart, so when they began is not known.

    Attributes:
        hit: Blocks found in PostgreSQL's own memory; `read` those it had to ask the system for.
        temp_bytes: Written because a sort or a hash did not fit into memory.
        times_io: Whether it measures how long reading takes.
    """

    hit: int
    read: int
    commits: int
    rollbacks: int
    deadlocks: int
    conflicts: int
    temp_files: int
    temp_bytes: int
    sessions_killed: int
    checksum_failures: int
    since: datetime | None
    version: str
    times_io: bool

    @property
    def hit_share(self) -> float | None:
        """Share of blocks that were in memory."""
        return share(self.hit, self.read)


def list_connections(link: Link, *, most: int = 100) -> list[Group]:
    """Return who is connected, the most first."""
    return [Group(**row) for row in link.execute(CONNECTIONS, {"most": most}).fetchall()]


def read_room(link: Link) -> list[Room]:
    """Return how many connections there may be."""
    return [Room(**row) for row in link.execute(ROOM).fetchall()]


def read_database(link: Link) -> list[Database]:
    """Return what this database did."""
    return [Database(**row) for row in link.execute(DATABASE).fetchall()]
