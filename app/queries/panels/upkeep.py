"""Vacuum: what it works at, how old the oldest row version is, and who keeps it from tidying up."""

from dataclasses import dataclass

from app.queries.server.protocol import Link

WARN_AGE, STOP_AGE = 1_000_000_000, 2_146_483_647  # PostgreSQL takes no writes three million before 2^31
WORK = """
SELECT p.pid, 'vacuum' AS kind, c.relname::text AS relation, p.phase, p.heap_blks_scanned AS done, p.heap_blks_total AS total
FROM pg_stat_progress_vacuum AS p LEFT JOIN pg_class AS c ON c.oid = p.relid WHERE p.datname = current_database()
UNION ALL
SELECT p.pid, lower(p.command), c.relname::text, p.phase, p.blocks_done, p.blocks_total
FROM pg_stat_progress_create_index AS p LEFT JOIN pg_class AS c ON c.oid = p.relid WHERE p.datname = current_database()
UNION ALL
SELECT p.pid, 'analyze', c.relname::text, p.phase, p.sample_blks_scanned, p.sample_blks_total
FROM pg_stat_progress_analyze AS p LEFT JOIN pg_class AS c ON c.oid = p.relid WHERE p.datname = current_database()
ORDER BY 1
"""
# Every database counts: the oldest one stops the whole server.
AGES = """
SELECT datname::text AS database, age(datfrozenxid) AS xid_age, mxid_age(datminmxid) AS multixact_age,
       current_setting('autovacuum_freeze_max_age')::bigint AS freeze_age, datname = current_database() AS is_ours
FROM pg_database ORDER BY age(datfrozenxid) DESC
"""
HOLDERS = """
SELECT * FROM (
  SELECT 'backend' AS kind, pid::text AS name, greatest(age(backend_xmin), age(backend_xid)) AS age,
         extract(epoch FROM clock_timestamp() - xact_start)::float8 AS held_s
  FROM pg_stat_activity WHERE coalesce(backend_xmin, backend_xid) IS NOT NULL AND pid <> pg_backend_pid()
  UNION ALL
  SELECT 'prepared transaction', gid, age(transaction), extract(epoch FROM clock_timestamp() - prepared)::float8
  FROM pg_prepared_xacts
  UNION ALL
  SELECT 'replication slot', slot_name::text, greatest(age(xmin), age(catalog_xmin)), NULL
  FROM pg_replication_slots WHERE coalesce(xmin, catalog_xmin) IS NOT NULL
  UNION ALL
  SELECT 'replica', coalesce(nullif(application_name, ''), pid::text), age(backend_xmin), NULL
  FROM pg_stat_replication WHERE backend_xmin IS NOT NULL
) AS held ORDER BY age DESC, held_s DESC NULLS LAST LIMIT %(most)s
"""


@dataclass(frozen=True)
class Work:
    """A vacuum, an analyze or the building of an index that runs now.

    Attributes:
        done: Blocks of `total`, which is 0 before they are counted.
    """

    pid: int
    kind: str
    relation: str
    phase: str
    done: int
    total: int


@dataclass(frozen=True)
class Age:
    """How old a database's oldest row version is, in transactions.

    Attributes:
        freeze_age: Where autovacuum begins by force.
    """

    database: str
    xid_age: int
    multixact_age: int
    freeze_age: int
    is_ours: bool

    @property
    def used_share(self) -> float:
        """How far it is from the point where PostgreSQL takes no more writes."""
        return max(self.xid_age, self.multixact_age) / STOP_AGE

    @property
    def is_old(self) -> bool:
        """Whether somebody must look: vacuum should have frozen it long ago."""
        return max(self.xid_age, self.multixact_age) > WARN_AGE


@dataclass(frozen=True)
class Holder:
    """Who keeps row versions from being cleared away.

    Attributes:
        age: In transactions; `held_s` in seconds where that is known.
    """

    kind: str
    name: str
    age: int
    held_s: float | None


def list_work(link: Link) -> list[Work]:
    """Return what is being tidied or built."""
    return [
        Work(row["pid"], row["kind"], row["relation"] or "", row["phase"], row["done"] or 0, row["total"] or 0)
        for row in link.execute(WORK).fetchall()
    ]


def list_ages(link: Link) -> list[Age]:
    """Return each database's age, the oldest first."""
    return [Age(**row) for row in link.execute(AGES).fetchall()]


def list_holders(link: Link, *, most: int = 5) -> list[Holder]:
    """Return who holds the oldest row versions."""
    return [Holder(**row) for row in link.execute(HOLDERS, {"most": most}).fetchall()]
