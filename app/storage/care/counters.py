"""Counters derived again from the rows. They cannot drift by themselves; a restored table or a dropped trigger can.

Differences are computed and written in one statement, so what others write meanwhile is neither lost nor counted twice.
"""

from typing import Any

import sqlalchemy as sa

from app.core.db import db, transaction
from app.core.tenancy import system_work

DRIFT = """
    WITH counted_rows AS (
      SELECT company_id, category, provider, storage_class(state) AS class, sum(size_bytes) AS bytes, count(*) AS files
      FROM stored_files WHERE provider = :provider GROUP BY 1, 2, 3, 4
    ), held AS (
      SELECT company_id, category, provider, class, sum(bytes) AS bytes, sum(files) AS files FROM (
        SELECT company_id, category, provider, class, bytes, files FROM storage_counts WHERE provider = :provider
        UNION ALL
        SELECT company_id, category, provider, class, bytes, files FROM storage_deltas WHERE provider = :provider
      ) AS both_of_them GROUP BY 1, 2, 3, 4
    ), drift AS (
      SELECT company_id, category, provider, class, coalesce(r.bytes, 0) - coalesce(h.bytes, 0) AS bytes,
             coalesce(r.files, 0) - coalesce(h.files, 0) AS files
      FROM counted_rows r FULL JOIN held h USING (company_id, category, provider, class)
      WHERE coalesce(r.bytes, 0) <> coalesce(h.bytes, 0) OR coalesce(r.files, 0) <> coalesce(h.files, 0)
    )
"""
LOOK = sa.text(f"{DRIFT} SELECT company_id, category, class, bytes, files FROM drift ORDER BY 1, 2, 3")
MEND = sa.text(
    f"{DRIFT} INSERT INTO storage_deltas (company_id, category, provider, class, bytes, files) "
    "SELECT company_id, category, provider, class, bytes, files FROM drift ORDER BY 1, 2, 4 "
    "RETURNING company_id, category, class, bytes, files"
)
# Added, not set: a fold that runs beside it moves differences into the same row.
TOTALS = sa.text(
    """
    UPDATE storage_totals t SET bytes = t.bytes + d.bytes, files = t.files + d.files FROM (
      SELECT company_id, sum(bytes) AS bytes, sum(files) AS files FROM (
        SELECT company_id, sum(size_bytes) AS bytes, count(*) AS files FROM stored_files GROUP BY 1
        UNION ALL SELECT company_id, -bytes, -files FROM storage_totals
        UNION ALL SELECT company_id, -sum(bytes), -sum(files) FROM storage_deltas GROUP BY 1
      ) AS all_of_them GROUP BY 1 HAVING sum(bytes) <> 0 OR sum(files) <> 0
    ) d WHERE d.company_id = t.company_id
    """
)
ALL_COUNTS = sa.text(
    """
    UPDATE storage_all_counts a SET bytes = a.bytes + d.bytes, files = a.files + d.files FROM (
      SELECT category, provider, class, sum(bytes) AS bytes, sum(files) AS files FROM (
        SELECT category, provider, class, bytes, files FROM storage_counts WHERE provider = :provider
        UNION ALL
        SELECT category, provider, class, -bytes, -files FROM storage_all_counts WHERE provider = :provider
      ) AS both_of_them GROUP BY 1, 2, 3 HAVING sum(bytes) <> 0 OR sum(files) <> 0
    ) d WHERE (a.category, a.provider, a.class) = (d.category, d.provider, d.class)
    """
)


def compare(provider: str, *, mend: bool) -> list[dict[str, Any]]:
    """Return where the counters of a provider differ from its rows, and put them right if wanted."""
    with system_work(), transaction():
        rows = db.session.execute(MEND if mend else LOOK, {"provider": provider}).all()
        if mend:
            db.session.execute(TOTALS)
            db.session.execute(ALL_COUNTS, {"provider": provider})
    return [
        {"company": row.company_id, "category": row.category, "class": row[2], "bytes": int(row.bytes), "files": int(row.files)}
        for row in rows
    ]  # fmt: skip
