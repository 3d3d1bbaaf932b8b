"""Taking a migration back, and removing what the source keeps: both over the files, for some came after the copying."""

from collections.abc import Sequence
from dataclasses import replace

from app.core import clock
from app.storage.migrating.copying import Wanted
from app.storage.migrating.rows import FILTERS, HAS_BYTES, PAIRS, Item, Scope, pairs, run


def behind(scope: Scope, after: str, count: int) -> list[Item]:
    """Return files at the target that have the source as their second place, from an id on."""
    rows = run(
        f"""
        SELECT f.company_id, f.id, f.key, f.size_bytes, f.content_type, f.sha256, f.mirrored_at IS NOT NULL AS is_there
        FROM stored_files f WHERE f.provider = :target AND f.mirror = :source AND {HAS_BYTES} AND {FILTERS}
          AND f.id > :after ORDER BY f.id LIMIT :count
        """,
        {**scope.values(), "after": after, "count": count},
    )
    return [
        Item(
            row.company_id, row.id, Wanted(row.key, row.size_bytes, row.content_type, row.sha256), scope.source,
            row.is_there,
        )
        for row in rows
    ]  # fmt: skip


def flip_back(scope: Scope, items: Sequence[Item]) -> int:
    """Let files be served from the source again; they must have their bytes there."""
    rows = run(
        f"""
        WITH held AS (
          SELECT f.company_id, f.id FROM stored_files f JOIN {PAIRS} ON f.company_id = p.company_id AND f.id = p.id
          WHERE f.provider = :target AND f.mirror = :source AND {HAS_BYTES}
          ORDER BY f.id FOR NO KEY UPDATE OF f SKIP LOCKED
        ), flipped AS (
          UPDATE stored_files f SET provider = :source, mirror = :target, mirrored_at = :now
          FROM held WHERE f.company_id = held.company_id AND f.id = held.id RETURNING f.company_id, f.id
        ), moved AS (
          UPDATE storage_moves m SET state = 'verified', moved_at = :now FROM flipped
          WHERE m.company_id = flipped.company_id AND m.migration_id = :m AND m.file_id = flipped.id
        )
        SELECT id FROM flipped
        """,
        {**scope.values(), **pairs(items), "now": clock.now()},
    )
    return len(rows)


def forget_source(scope: Scope, items: Sequence[Item]) -> int:
    """Say that files are at the target alone: their bytes at the source are gone."""
    rows = run(
        f"""
        WITH held AS (
          SELECT f.company_id, f.id FROM stored_files f JOIN {PAIRS} ON f.company_id = p.company_id AND f.id = p.id
          WHERE f.provider = :target AND f.mirror = :source ORDER BY f.id FOR NO KEY UPDATE OF f
        ), freed AS (
          UPDATE stored_files f SET mirror = '', mirrored_at = NULL FROM held
          WHERE f.company_id = held.company_id AND f.id = held.id RETURNING f.company_id, f.id
        ), moved AS (
          UPDATE storage_moves m SET state = 'removed', moved_at = :now FROM freed
          WHERE m.company_id = freed.company_id AND m.migration_id = :m AND m.file_id = freed.id
        )
        SELECT id FROM freed
        """,
        {**scope.values(), **pairs(items), "now": clock.now()},
    )
    return len(rows)


def refuse_removal(scope: Scope, item: Item, error: str) -> None:
    """Keep that a file's copy is not good enough to remove the original."""
    run(
        """
        INSERT INTO storage_moves (company_id, migration_id, file_id, key, size_bytes, state, error, tries)
        VALUES (:company_id, :m, :id, :key, :size, 'failed', :error, 99)
        ON CONFLICT (company_id, migration_id, file_id) DO UPDATE SET state = 'failed', error = :error, tries = 99
        """,
        {
            **scope.values(), "company_id": item.company_id, "id": item.file_id, "key": item.wanted.key,
            "size": item.wanted.size_bytes, "error": error[:500],
        },
    )  # fmt: skip


def drop_claims(scope: Scope) -> None:
    """Take back the promise of a copy at the target from files that have none yet."""
    drop = (
        f"UPDATE stored_files f SET mirror = '' WHERE f.mirror = :target AND f.mirrored_at IS NULL "
        f"AND f.provider = :source AND {FILTERS}"
    )
    run(drop, scope.values())


def drop_claims_back(scope: Scope) -> None:
    """Take back the promise of a copy at the source."""
    drop_claims(replace(scope, source=scope.target, target=scope.source))


def take_over(scope: Scope, items: Sequence[Item], mirror: str) -> None:
    """Clear the second place of files whose copy there was deleted, so that the target can be it."""
    run(
        f"UPDATE stored_files f SET mirror = '', mirrored_at = NULL FROM {PAIRS} "
        "WHERE f.company_id = p.company_id AND f.id = p.id AND f.mirror = :mirror AND f.provider = :source",
        {**scope.values(), **pairs(items), "mirror": mirror},
    )


def waiting_back(scope: Scope) -> int:
    """Return how many files at the target have the source as their second place."""
    [row] = run(
        f"SELECT count(*) FROM stored_files f WHERE f.provider = :target AND f.mirror = :source AND {HAS_BYTES} "
        f"AND {FILTERS}",
        scope.values(),
    )
    return int(row[0])
