"""What a provider has, page by page in a temporary table, and held against the rows both ways.

The table lives on one connection outside of any transaction, so that a listing that takes an hour keeps nobody from
cleaning up behind it.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from app.core.db import db
from app.storage.adapters.protocol import Stored
from app.storage.keys import company_of

MAKE = sa.text(
    "CREATE TEMPORARY TABLE seen_objects (key text PRIMARY KEY, size_bytes bigint NOT NULL, etag text NOT NULL, "
    "modified_at timestamptz, owner_id bigint NOT NULL)"
)
FILL = sa.text(
    "INSERT INTO seen_objects SELECT * FROM unnest(CAST(:keys AS text[]), CAST(:sizes AS bigint[]), "
    "CAST(:etags AS text[]), CAST(:times AS timestamptz[]), CAST(:owners AS bigint[])) ON CONFLICT DO NOTHING"
)
# A row may have its object at its provider, at its mirror, and while a migration runs at either end of it.
ORPHANS = sa.text(
    """
    SELECT s.key, s.size_bytes, s.owner_id, s.etag, '' AS file_id, s.modified_at FROM seen_objects s
    WHERE (s.modified_at IS NULL OR s.modified_at < :before)
      AND NOT EXISTS (SELECT 1 FROM stored_files f WHERE f.key = s.key AND :provider IN (f.provider, f.mirror))
      AND NOT EXISTS (
        SELECT 1 FROM storage_moves m JOIN storage_migrations g ON g.id = m.migration_id
        WHERE m.key = s.key AND :provider IN (g.source, g.target) AND g.phase NOT IN ('done', 'rolled-back', 'stopped'))
    ORDER BY s.key LIMIT :most
    """
)
MISSING = sa.text(
    """
    SELECT f.key, f.size_bytes, f.company_id AS owner_id, f.etag, f.id AS file_id, f.ready_at AS modified_at
    FROM stored_files f LEFT JOIN seen_objects s ON s.key = f.key
    WHERE f.state IN ('ready', 'trashed') AND s.key IS NULL AND coalesce(f.ready_at, f.created_at) < :begun
      AND (f.provider = :provider OR (f.mirror = :provider AND f.mirrored_at < :begun))
      AND (CAST(:owner AS bigint) IS NULL OR f.company_id = :owner)
    ORDER BY f.key LIMIT :most
    """
)
SIZES = sa.text(
    """
    SELECT f.key, s.size_bytes, f.company_id AS owner_id, s.etag, f.id AS file_id, s.modified_at
    FROM stored_files f JOIN seen_objects s ON s.key = f.key
    WHERE f.state IN ('ready', 'trashed') AND f.size_bytes <> s.size_bytes AND :provider IN (f.provider, f.mirror)
    ORDER BY f.key LIMIT :most
    """
)
MOST = 100_000  # of one kind in one check: a lost disk must not fill the memory of a worker


@dataclass(frozen=True)
class Odd:
    """One thing that does not match.

    Attributes:
        size_bytes: Of the object; of the row where there is no object.
        owner_id: Whose key it is.
        file_id: The row; "" for none.
    """

    key: str
    size_bytes: int
    owner_id: int
    etag: str
    file_id: str
    modified_at: datetime | None


class Sheet:
    """The temporary table of one check."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self.objects, self.bytes = 0, 0
        connection.execute(MAKE)
        # The planner knows nothing of a table that was made just now, and would take one key at a time.
        connection.execute(sa.text("SET enable_nestloop = off"))

    def add(self, page: Sequence[Stored]) -> None:
        """Write a page down: keys of ours only."""
        rows = [(one, owner) for one in page if (owner := company_of(one.key)) is not None]
        self._connection.execute(
            FILL,
            {
                "keys": [one.key for one, _ in rows], "sizes": [one.size_bytes for one, _ in rows],
                "etags": [one.etag for one, _ in rows], "times": [one.modified_at for one, _ in rows],
                "owners": [int(owner) for _, owner in rows],
            },
        )  # fmt: skip
        self.objects += len(rows)
        self.bytes += sum(one.size_bytes for one, _ in rows)

    def orphans(self, provider: str, before: datetime) -> Sequence[Odd]:
        """Return objects without a row; those younger than `before` may get theirs noticed later."""
        return self._read(ORPHANS, provider=provider, before=before)

    def missing(self, provider: str, begun: datetime, owner: int | None) -> Sequence[Odd]:
        """Return rows whose object was not listed, though they were ready before the listing began."""
        return self._read(MISSING, provider=provider, begun=begun, owner=owner)

    def sizes(self, provider: str) -> Sequence[Odd]:
        """Return objects of another length than their row says."""
        return self._read(SIZES, provider=provider)

    def _read(self, question: sa.TextClause, **values: object) -> Sequence[Odd]:
        self._connection.execute(sa.text("ANALYZE seen_objects"))
        return [Odd(*row) for row in self._connection.execute(question, {**values, "most": MOST})]


@contextmanager
def sheet() -> Iterator[Sheet]:
    """Keep a sheet for as long as the block runs."""
    engine = db.engines["system"].execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        try:
            yield Sheet(connection)
        finally:
            connection.execute(sa.text("DROP TABLE IF EXISTS seen_objects"))
            connection.execute(sa.text("RESET enable_nestloop"))
