"""Fold what statements changed into the counters; the relay's duty.

A writer only ever inserts a row of difference (migration 0016), so no writer waits for another. The usage of now is
the counters plus the differences, read by one statement: it is exact at every instant, folded or not.
"""

import sqlalchemy as sa

from app.core.db import db, transaction
from app.core.tenancy import system_work

EVERY_S = 0.5
BATCH = 5000
# A difference that another fold holds is left to it. Counters are taken in one order by all folds.
FOLD = sa.text(
    """
    WITH chosen AS MATERIALIZED (
      SELECT id FROM storage_deltas ORDER BY id LIMIT :most FOR UPDATE SKIP LOCKED
    ), gone AS (
      DELETE FROM storage_deltas WHERE id = ANY (ARRAY(SELECT id FROM chosen))
      RETURNING company_id, category, provider, class, bytes, files
    ), counted AS (
      INSERT INTO storage_counts AS held (company_id, category, provider, class, bytes, files)
      SELECT company_id, category, provider, class, sum(bytes), sum(files) FROM gone
      GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
      ON CONFLICT (company_id, category, provider, class)
      DO UPDATE SET bytes = held.bytes + excluded.bytes, files = held.files + excluded.files
    ), totalled AS (
      INSERT INTO storage_totals AS held (company_id, bytes, files)
      SELECT company_id, sum(bytes), sum(files) FROM gone GROUP BY 1 ORDER BY 1
      ON CONFLICT (company_id)
      DO UPDATE SET bytes = held.bytes + excluded.bytes, files = held.files + excluded.files
    )
    SELECT count(*) FROM gone
    """
)


def fold(*, most: int = BATCH) -> int:
    """Fold what waits, in short transactions; return how many differences that were."""
    total = 0
    with system_work():
        while True:
            with transaction():
                folded: int = db.session.execute(FOLD, {"most": most}).scalar_one()
            total += folded
            if folded < most:
                return total
