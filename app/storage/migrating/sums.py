"""What a migration comes to: its moves by state, and the files it is about."""

from typing import Any

from app.storage.migrating.rows import FILTERS, HAS_BYTES, Scope, run


def count_states(migration_id: str) -> dict[str, dict[str, int]]:
    """Return state → files and bytes."""
    rows = run(
        "SELECT state, count(*) AS files, coalesce(sum(size_bytes), 0) AS bytes FROM storage_moves "
        "WHERE migration_id = :m GROUP BY state",
        {"m": migration_id},
    )
    return {row.state: {"files": row.files, "bytes": int(row.bytes)} for row in rows}


def count_files(scope: Scope) -> Any:  # Any: one row of sums
    """Return what a migration would move: files, bytes, those without a digest, and those that are small."""
    [row] = run(
        f"""
        SELECT count(*) AS files, coalesce(sum(f.size_bytes), 0) AS bytes,
               count(*) FILTER (WHERE f.sha256 = '') AS unknown, count(DISTINCT f.company_id) AS companies,
               count(*) FILTER (WHERE f.mirror = :target AND f.mirrored_at IS NOT NULL) AS copied,
               coalesce(sum(f.size_bytes) FILTER (WHERE f.mirror = :target AND f.mirrored_at IS NOT NULL), 0)
                 AS copied_bytes,
               coalesce(max(f.size_bytes), 0) AS largest
        FROM stored_files f WHERE f.provider = :source AND {HAS_BYTES} AND {FILTERS}
        """,
        scope.values(),
    )
    return row
