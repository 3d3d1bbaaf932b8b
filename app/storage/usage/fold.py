"""Fold what statements changed into the counters and into today's figures; the relay's duty.

A writer only ever inserts a row of difference (migration 0016), so no writer waits for another. The usage of now is
the counters plus the differences, read by one statement: it is exact at every instant, folded or not.
"""

import sqlalchemy as sa

from app.core import clock
from app.core.db import db, transaction
from app.core.installation import installation_id
from app.core.tenancy import system_work

EVERY_S = 0.5
BATCH = 5000
# Folds take turns, so that today's figures can be written as they are: what the counters held, and the difference.
LOCK = sa.text("SELECT pg_advisory_xact_lock(hashtextextended('storage fold', 0))")
FOLD = sa.text(
    """
    WITH chosen AS MATERIALIZED (
      SELECT id FROM storage_deltas ORDER BY id LIMIT :most FOR UPDATE SKIP LOCKED
    ), gone AS (
      DELETE FROM storage_deltas WHERE id = ANY (ARRAY(SELECT id FROM chosen))
      RETURNING company_id, category, provider, class, bytes, files
    ), changed AS MATERIALIZED (
      SELECT company_id, category, provider, class, sum(bytes) AS bytes, sum(files)::bigint AS files FROM gone
      GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
    ), counted AS (
      INSERT INTO storage_counts AS held (company_id, category, provider, class, bytes, files)
      SELECT company_id, category, provider, class, bytes, files FROM changed
      ON CONFLICT (company_id, category, provider, class)
      DO UPDATE SET bytes = held.bytes + excluded.bytes, files = held.files + excluded.files
    ), totalled AS (
      INSERT INTO storage_totals AS held (company_id, bytes, files)
      SELECT company_id, sum(bytes), sum(files) FROM changed GROUP BY 1 ORDER BY 1
      ON CONFLICT (company_id)
      DO UPDATE SET bytes = held.bytes + excluded.bytes, files = held.files + excluded.files
    ), all_counted AS (
      INSERT INTO storage_all_counts AS held (company_id, category, provider, class, bytes, files)
      SELECT :installation, category, provider, class, sum(bytes), sum(files) FROM changed GROUP BY 2, 3, 4 ORDER BY 2, 3, 4
      ON CONFLICT (company_id, category, provider, class)
      DO UPDATE SET bytes = held.bytes + excluded.bytes, files = held.files + excluded.files
    ), days AS (
      INSERT INTO storage_days (company_id, category, provider, day, bytes, files)
      SELECT d.company_id, d.category, d.provider, :today, d.bytes + coalesce(c.bytes, 0), d.files + coalesce(c.files, 0)
      FROM (
        SELECT company_id, category, provider, sum(bytes) AS bytes, sum(files) AS files FROM changed
        WHERE class <> 'pending' GROUP BY 1, 2, 3
      ) AS d LEFT JOIN LATERAL (
        SELECT sum(c.bytes) AS bytes, sum(c.files) AS files FROM storage_counts AS c
        WHERE c.company_id = d.company_id AND c.category = d.category AND c.provider = d.provider
        AND c.class <> 'pending'
      ) AS c ON true
      UNION ALL
      SELECT d.company_id, '', '', :today, d.bytes + coalesce(t.bytes, 0), d.files + coalesce(t.files, 0)
      FROM (SELECT company_id, sum(bytes) AS bytes, sum(files) AS files FROM changed GROUP BY 1) AS d
      LEFT JOIN storage_totals AS t ON t.company_id = d.company_id
      ON CONFLICT (company_id, category, provider, day) DO UPDATE SET bytes = excluded.bytes, files = excluded.files
    ), all_days AS (
      INSERT INTO storage_all_days (company_id, category, provider, day, bytes, files)
      SELECT :installation, d.category, d.provider, :today, d.bytes + coalesce(c.bytes, 0), d.files + coalesce(c.files, 0)
      FROM (
        SELECT category, provider, sum(bytes) AS bytes, sum(files) AS files FROM changed
        WHERE class <> 'pending' GROUP BY 1, 2
      ) AS d LEFT JOIN LATERAL (
        SELECT sum(c.bytes) AS bytes, sum(c.files) AS files FROM storage_all_counts AS c
        WHERE c.company_id = :installation AND c.category = d.category AND c.provider = d.provider
        AND c.class <> 'pending'
      ) AS c ON true
      ON CONFLICT (company_id, category, provider, day) DO UPDATE SET bytes = excluded.bytes, files = excluded.files
    )
    SELECT count(*) FROM gone
    """
).bindparams(sa.bindparam("installation", type_=sa.BigInteger), sa.bindparam("today", type_=sa.Date))


def fold(*, most: int = BATCH) -> int:
    """Fold what waits, in short transactions; return how many differences that were."""
    total, owner = 0, int(installation_id())
    with system_work():
        while True:
            with transaction():
                db.session.execute(LOCK)
                values = {"most": most, "installation": owner, "today": clock.now().date()}
                folded: int = db.session.execute(FOLD, values).scalar_one()
            total += folded
            if folded < most:
                return total
