"""Ten million files of ten thousand companies by SQL, with what was counted and 30 days behind them."""

from collections.abc import Callable
from datetime import date

import psycopg

CATEGORIES = ("products", "profiles", "documents", "exports", "reports", "backups", "temp")
COMPANY = 1_000_000  # number of the first company
BATCH = 250_000
# Half of all files belong to the tenth of the companies that comes first; the first has a tenth of that half.
FILES = """
INSERT INTO stored_files (company_id, id, key, category, provider, state, file_name, content_type, size_bytes, sha256)
SELECT c, 'F' || lpad(n::text, 25, '0'), c || '/documents/' || lpad(n::text, 26, '0'),
  ('{products,profiles,documents,exports,reports,backups,temp}'::text[])[1 + n % 7],
  CASE WHEN n % 3 = 0 THEN 'local' ELSE 's3' END, CASE WHEN n % 50 = 0 THEN 'trashed' ELSE 'ready' END,
  'file-' || n || '.pdf', 'application/pdf', 1000 + (n * 7919) % 2000000, md5(n::text) || md5(c::text)
FROM (
  SELECT n, %(first)s + CASE WHEN n %% 2 = 0 THEN (n / 2) %% %(companies)s
    WHEN n %% 20 = 1 THEN 0 ELSE (n / 2) %% greatest(%(companies)s / 10, 1) END AS c
  FROM generate_series(%(since)s::bigint, %(until)s::bigint) AS n
) AS made
""".replace("1 + n % 7", "1 + n %% 7").replace("n % 3 =", "n %% 3 =").replace("n % 50 =", "n %% 50 =").replace("7919) % 2", "7919) %% 2")  # fmt: skip
DAYS = """
INSERT INTO storage_days (company_id, category, provider, day, bytes, files, writes, reads, sent_bytes)
SELECT t.company_id, '', '', %(today)s::date - ago, trunc(t.bytes * (100 - ago) / 100), t.files, 0, 0, 0
FROM storage_totals AS t CROSS JOIN generate_series(0, 30) AS ago
UNION ALL
SELECT c.company_id, c.category, c.provider, %(today)s::date - ago, trunc(sum(c.bytes) * (100 - ago) / 100), sum(c.files),
  10, 50, 1000000
FROM storage_counts AS c CROSS JOIN generate_series(0, 30, 3) AS ago WHERE c.class <> 'pending' GROUP BY 1, 2, 3, 4, ago
ON CONFLICT (company_id, category, provider, day) DO NOTHING
"""
ALL_DAYS = """
INSERT INTO storage_all_days (company_id, category, provider, day, bytes, files, writes, reads, sent_bytes)
SELECT (SELECT id FROM companies WHERE slug = 'platform'), category, provider, day, sum(bytes), sum(files), sum(writes),
  sum(reads), sum(sent_bytes) FROM storage_days WHERE category <> '' GROUP BY 2, 3, 4
ON CONFLICT (company_id, category, provider, day) DO NOTHING
"""
INDEXES = "SELECT indexname FROM pg_indexes WHERE tablename = 'stored_files' AND indexname LIKE 'ix_%'"
KEYS = (
    "ALTER TABLE stored_files ADD CONSTRAINT pk_stored_files PRIMARY KEY (company_id, id)",
    "ALTER TABLE stored_files ADD CONSTRAINT uq_stored_files_key UNIQUE (key)",
)
COUNT = """
INSERT INTO storage_deltas (company_id, category, provider, class, bytes, files)
SELECT company_id, category, provider, storage_class(state), sum(size_bytes), count(*) FROM stored_files GROUP BY 1, 2, 3, 4
"""
QUOTAS = """
INSERT INTO storage_quotas (company_id, category, soft_bytes, hard_bytes)
SELECT company_id, '', trunc(bytes), trunc(bytes * (1 + (company_id % 20) / 10.0)) + 1000 FROM storage_totals
"""


def fill(superuser: str, files: int, companies: int, today: date, fold: Callable[[], int], say: Callable[[str], None]) -> None:  # fmt: skip
    """Write companies, files and quotas, as fast as it goes.

    Keys are made afterwards, and what the triggers would have counted is counted once. The indexes of lists are left
    out: no page of usage reads them, and without them counting looks dearer for who writes, never cheaper.
    """
    with psycopg.connect(superuser, autocommit=True) as sql:
        sql.execute("SET maintenance_work_mem = '1GB'")
        sql.execute(
            "INSERT INTO companies (id, public_id, slug, name, type) OVERRIDING SYSTEM VALUE SELECT %s + n, "
            "'C' || lpad(n::text, 25, '0'), 'bench-' || n, 'Company ' || n, 'retailer' FROM generate_series(0, %s) AS n",
            (COMPANY, companies - 1),
        )
        for (name,) in sql.execute(INDEXES).fetchall():
            sql.execute(f"DROP INDEX {name}")  # type: ignore[arg-type]
        sql.execute("ALTER TABLE stored_files DROP CONSTRAINT pk_stored_files, DROP CONSTRAINT uq_stored_files_key")
        sql.execute("ALTER TABLE stored_files DISABLE TRIGGER ALL")
        for since in range(1, files + 1, BATCH):
            until = min(since + BATCH - 1, files)
            sql.execute(FILES, {"first": COMPANY, "companies": companies, "since": since, "until": until})
            if until % (4 * BATCH) == 0:
                say(f"{until:,} files")
        for made in KEYS:
            sql.execute(made)  # type: ignore[arg-type]
        sql.execute("ALTER TABLE stored_files ENABLE TRIGGER ALL")
        say("keys")
        sql.execute(COUNT)
        fold()
        say("counted")
        for statement in (QUOTAS, DAYS, ALL_DAYS, "VACUUM ANALYZE"):
            sql.execute(statement, {"today": today} if statement is DAYS else None)  # type: ignore[arg-type]
