"""The rows of a migration: which files, how far each is, and the compare-and-set that switches one.

All of it in short transactions of the system login, across companies. Files are locked in the order of their ids, and
what somebody else holds is left for the next round. No byte is moved here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from app.core import clock
from app.core.db import transaction
from app.core.tenancy import system_work
from app.storage.migrating.copying import Wanted

PAGE = 5_000
MOST_TRIES = 5
STATES = ("waiting", "copied", "verified", "switched", "removed", "failed", "lost", "gone")


@dataclass(frozen=True, slots=True)
class Scope:
    """Which files a migration is about, and between whom.

    Attributes:
        company_id, category: None and "" for all.
    """

    migration_id: str
    source: str
    target: str
    company_id: int | None = None
    category: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether it moves all there is, and so where new files go as well."""
        return self.company_id is None and not self.category

    def values(self) -> dict[str, Any]:  # Any: parameters of a statement
        """Return what the statements below bind."""
        return {
            "m": self.migration_id, "source": self.source, "target": self.target, "company": self.company_id,
            "category": self.category,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Item:
    """One file of a round."""

    company_id: int
    file_id: str
    wanted: Wanted
    mirror: str = ""
    is_mirrored: bool = False
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file in a round.

    Attributes:
        state: Where its move stands now.
    """

    item: Item
    state: str
    etag: str = ""
    sha256: str = ""
    error: str = ""


FILTERS = "(CAST(:company AS bigint) IS NULL OR f.company_id = :company) AND (:category = '' OR f.category = :category)"
HAS_BYTES = "f.state NOT IN ('pending','deleting')"
PAIRS = "unnest(CAST(:companies AS bigint[]), CAST(:ids AS text[])) AS p(company_id, id)"


def run(sql: str, values: Mapping[str, Any]) -> list[Any]:  # Any: rows of any shape
    """Run one statement in a transaction of the system login and return its rows."""
    with system_work(), transaction() as session:
        found = session.connection().execute(sa.text(sql), dict(values))
        return list(found) if found.returns_rows else []


def enrol(scope: Scope) -> int:
    """Take up the files at the source that are not taken up yet, and return how many."""
    taken: int = 0
    after = ""
    while True:
        rows = run(
            f"""
            WITH page AS (
              SELECT f.company_id, f.id, f.key, f.size_bytes, {HAS_BYTES} AND {FILTERS} AS is_wanted
              FROM stored_files f WHERE f.provider = :source AND f.id > :after ORDER BY f.id LIMIT {PAGE}
            ), taken AS (
              INSERT INTO storage_moves (company_id, migration_id, file_id, key, size_bytes)
              SELECT p.company_id, :m, p.id, p.key, p.size_bytes FROM page p WHERE p.is_wanted
              ON CONFLICT DO NOTHING RETURNING 1
            )
            SELECT (SELECT count(*) FROM taken), (SELECT count(*) FROM page), (SELECT max(id) FROM page)
            """,
            {**scope.values(), "after": after},
        )
        [(count, seen, last)] = rows
        taken += count
        if seen < PAGE:
            return int(taken)
        after = last


@dataclass(frozen=True, slots=True)
class Round:
    """The next files of a state.

    Attributes:
        there: At the source still, with their bytes.
        gone: Deleted, or being deleted: no copy may stay.
        elsewhere: Served from another provider than the source by now.
    """

    there: list[Item]
    gone: list[Item]
    elsewhere: list[Item]

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self.there or self.gone or self.elsewhere)


def next_items(scope: Scope, state: str, count: int) -> Round:
    """Return the next files whose moves are in a state."""
    rows = run(
        """
        SELECT m.company_id, m.file_id, m.key, m.tries, f.size_bytes, f.content_type, f.sha256, f.mirror,
               f.mirrored_at IS NOT NULL AS is_mirrored, coalesce(f.state, 'deleting') = 'deleting' AS is_gone,
               f.provider
        FROM storage_moves m LEFT JOIN stored_files f ON f.company_id = m.company_id AND f.id = m.file_id
        WHERE m.migration_id = :m AND m.state = :state ORDER BY m.file_id LIMIT :count
        """,
        {**scope.values(), "state": state, "count": count},
    )
    found = Round([], [], [])
    for row in rows:
        wanted = Wanted(row.key, row.size_bytes or 0, row.content_type or "", row.sha256 or "")
        item = Item(row.company_id, row.file_id, wanted, row.mirror or "", bool(row.is_mirrored), row.tries)
        where = found.gone if row.is_gone else found.there if row.provider == scope.source else found.elsewhere
        where.append(item)
    return found


def copied_among(scope: Scope, keys: Sequence[str]) -> dict[str, tuple[Item, str]]:
    """Return those of some keys whose copies are to be verified, with the ETag the target gave them."""
    rows = run(
        """
        SELECT m.company_id, m.file_id, f.key, f.size_bytes, f.content_type, f.sha256, m.etag, m.tries
        FROM stored_files f JOIN storage_moves m ON m.company_id = f.company_id AND m.file_id = f.id
        WHERE f.key = ANY(:keys) AND m.migration_id = :m AND m.state = 'copied' AND m.etag <> ''
          AND f.provider = :source AND f.mirror = :target
        """,
        {**scope.values(), "keys": list(keys)},
    )
    return {
        row.key: (
            Item(
                row.company_id, row.file_id, Wanted(row.key, row.size_bytes, row.content_type, row.sha256),
                scope.target, is_mirrored=True, tries=row.tries,
            ),
            row.etag,
        )
        for row in rows
    }  # fmt: skip


def pairs(items: Sequence[Item]) -> dict[str, list[Any]]:  # Any: ids
    """Return the keys of items as parameters."""
    return {"companies": [one.company_id for one in items], "ids": [one.file_id for one in items]}


def claim(scope: Scope, items: Sequence[Item]) -> list[Item]:
    """Say on each file that the target gets a copy, before it gets one: whoever deletes the file deletes that too.

    Returns:
        The items whose files say so now; the others are held by somebody, or are being deleted.
    """
    rows = run(
        f"""
        WITH held AS (
          SELECT f.company_id, f.id FROM stored_files f JOIN {PAIRS} ON f.company_id = p.company_id AND f.id = p.id
          WHERE f.provider = :source AND {HAS_BYTES} AND f.mirror IN ('', :target)
          ORDER BY f.id FOR NO KEY UPDATE OF f SKIP LOCKED
        ), marked AS (
          UPDATE stored_files f SET mirror = :target FROM held
          WHERE f.company_id = held.company_id AND f.id = held.id AND f.mirror <> :target
        )
        SELECT id FROM held
        """,
        {**scope.values(), **pairs(items)},
    )
    claimed = {row.id for row in rows}
    return [one for one in items if one.file_id in claimed]


def keep(scope: Scope, outcomes: Sequence[Outcome]) -> None:
    """Write what became of a round's files.

    It counts only on a file that still is at the source and wants a copy; of another the move goes on waiting, and the
    next round finds it gone and deletes what was copied.
    """
    if not outcomes:
        return
    items = [one.item for one in outcomes]
    run(
        f"""
        WITH told AS (
          SELECT * FROM unnest(CAST(:companies AS bigint[]), CAST(:ids AS text[]), CAST(:states AS text[]),
            CAST(:etags AS text[]), CAST(:digests AS text[]), CAST(:errors AS text[]))
            AS t(company_id, id, state, etag, sha256, error)
        ), held AS (
          SELECT f.company_id, f.id FROM stored_files f JOIN told t ON f.company_id = t.company_id AND f.id = t.id
          WHERE f.provider = :source AND f.mirror = :target AND {HAS_BYTES} ORDER BY f.id FOR NO KEY UPDATE OF f
        ), marked AS (
          UPDATE stored_files f SET
            mirrored_at = CASE WHEN t.state IN ('copied','verified') THEN coalesce(f.mirrored_at, :now) END,
            sha256 = CASE WHEN f.sha256 = '' THEN t.sha256 ELSE f.sha256 END,
            mirror = CASE WHEN t.state = 'lost' THEN '' ELSE f.mirror END
          FROM held JOIN told t ON t.company_id = held.company_id AND t.id = held.id
          WHERE f.company_id = held.company_id AND f.id = held.id
            AND (f.mirrored_at IS NULL OR f.sha256 = '' OR t.state NOT IN ('copied','verified'))
        )
        UPDATE storage_moves m SET
          state = CASE WHEN held.id IS NULL AND t.state NOT IN ('gone','switched') THEN 'waiting' ELSE t.state END,
          etag = t.etag, sha256 = t.sha256, error = t.error, moved_at = :now,
          tries = m.tries + (held.id IS NOT NULL AND t.state = 'failed')::int
        FROM told t LEFT JOIN held ON held.company_id = t.company_id AND held.id = t.id
        WHERE m.company_id = t.company_id AND m.migration_id = :m AND m.file_id = t.id
        """,
        {
            **scope.values(), **pairs(items), "now": clock.now(), "states": [one.state for one in outcomes],
            "etags": [one.etag for one in outcomes], "digests": [one.sha256 for one in outcomes],
            "errors": [one.error[:500] for one in outcomes],
        },
    )  # fmt: skip


def switch(scope: Scope, count: int) -> int:
    """Let the next verified files be served from the target, each only if nobody changed it since it was read.

    Returns:
        How many were switched; those that changed meanwhile come again.
    """
    rows = run(
        """
        SELECT f.company_id, f.id, f.version FROM storage_moves m
        JOIN stored_files f ON f.company_id = m.company_id AND f.id = m.file_id
        WHERE m.migration_id = :m AND m.state = 'verified' AND f.provider = :source AND f.mirror = :target
          AND f.mirrored_at IS NOT NULL AND f.state NOT IN ('pending','deleting')
        ORDER BY m.file_id LIMIT :count
        """,
        {**scope.values(), "count": count},
    )
    if not rows:
        return 0
    done = run(
        """
        WITH held AS (
          SELECT f.company_id, f.id FROM stored_files f
          JOIN unnest(CAST(:companies AS bigint[]), CAST(:ids AS text[]), CAST(:versions AS bigint[]))
            AS p(company_id, id, version) ON f.company_id = p.company_id AND f.id = p.id AND f.version = p.version
          WHERE f.provider = :source AND f.mirror = :target AND f.state <> 'deleting'
          ORDER BY f.id FOR NO KEY UPDATE OF f SKIP LOCKED
        ), switched AS (
          UPDATE stored_files f SET provider = :target, mirror = :source, mirrored_at = :now
          FROM held WHERE f.company_id = held.company_id AND f.id = held.id RETURNING f.company_id, f.id
        )
        UPDATE storage_moves m SET state = 'switched', moved_at = :now FROM switched s
        WHERE m.company_id = s.company_id AND m.migration_id = :m AND m.file_id = s.id RETURNING m.file_id
        """,
        {
            **scope.values(), "now": clock.now(), "companies": [row.company_id for row in rows],
            "ids": [row.id for row in rows], "versions": [row.version for row in rows],
        },
    )  # fmt: skip
    return len(done)


def try_again(scope: Scope, *, states: Sequence[str] = ("failed",), all_of_them: bool = False) -> int:
    """Let moves that failed wait again, and return how many; those that failed too often only when all are meant."""
    rows = run(
        """
        UPDATE storage_moves SET state = 'waiting', tries = CASE WHEN :all THEN 0 ELSE tries END
        WHERE migration_id = :m AND state = ANY(:states) AND (:all OR tries < :most) RETURNING 1
        """,
        {**scope.values(), "states": list(states), "all": all_of_them, "most": MOST_TRIES},
    )
    return len(rows)
