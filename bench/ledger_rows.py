"""Millions of jobs written by SQL: days of them, over many companies, with their attempts, failures and what waits."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import psycopg

PARTITIONED = ("jobs", "job_attempts", "job_log_lines")
AT_ONCE = 100_000
COMPANY = 7_000_000  # ids of the made companies begin here: nobody else's
# name, queue, runs for about so many milliseconds
KINDS = (
    ("mail.send", "email", 400), ("mail.send", "email", 300), ("notifications.send", "notification", 40),
    ("notifications.send", "notification", 60), ("orders.export", "export", 6000), ("inventory.export", "export", 2500),
    ("reports.make", "report", 9000), ("forecasts.make", "ai-processing", 15000), ("feeds.sync", "sync", 1200),
    ("maintenance.run", "maintenance", 700), ("orders.bulk", "maintenance", 3000), ("audit.export", "export", 4000),
)  # fmt: skip

COMPANIES = """
INSERT INTO companies (id, public_id, slug, name, type) OVERRIDING SYSTEM VALUE
SELECT %(first)s::bigint + n, 'BENCH' || lpad(n::text, 21, '0'), 'ledger-' || n, 'Ledger ' || n, 'retailer'
FROM generate_series(1, %(companies)s) n ON CONFLICT DO NOTHING
"""
# One of 50 fails, in one of 40 ways; one of 200 is cancelled. Companies differ in size as companies do.
DRAWN = """
CREATE TEMP TABLE drawn ON COMMIT DROP AS
SELECT n, upper(ulid_part || substr(md5('i' || n), 1, 16)) AS id, at,
       %(first)s::bigint + 1 + floor(%(companies)s::bigint * power(spread, 2))::bigint AS company_id,
       (%(names)s::text[])[1 + n %% %(kinds)s] AS name, (%(queues)s::text[])[1 + n %% %(kinds)s] AS queue,
       floor(20 / (0.02 + hash1))::bigint AS waited_ms,
       floor((%(runs)s::bigint[])[1 + n %% %(kinds)s] * (0.2 + 1.6 * hash2))::bigint AS ran_ms,
       CASE WHEN n %% 50 = 7 THEN 'failed' WHEN n %% 200 = 3 THEN 'cancelled' ELSE 'done' END AS state,
       CASE WHEN n %% 50 = 7 THEN substr(md5('s' || n %% 2000 / 50), 1, 16) ELSE '' END AS signature
FROM (SELECT n, at, substr(ulid_floor(at), 1, 10) AS ulid_part,
             ('x' || substr(md5('a' || n), 1, 7))::bit(28)::int / 268435456.0 AS spread,
             ('x' || substr(md5('w' || n), 1, 7))::bit(28)::int / 268435456.0 AS hash1,
             ('x' || substr(md5('r' || n), 1, 7))::bit(28)::int / 268435456.0 AS hash2
      FROM (SELECT n, %(day)s::timestamptz + (n - %(low)s::bigint) * (%(length_s)s::float8 * interval '1 second' / %(count)s) AS at
            FROM generate_series(%(low)s::bigint, %(low)s::bigint + %(count)s::bigint - 1) n) spread_out) hashed
"""
JOBS = """
INSERT INTO jobs (company_id, id, name, queue, title, args, actor, request_id, root_id, state, error, signature, attempts,
                  worker, created_at, started_at, finished_at)
SELECT company_id, id, name, queue, 'Made for measuring', jsonb_build_object('order', n % 500000, 'sku', 'SKU-' || n % 9000),
       '{"kind": "system", "name": "bench"}', 'R' || n / 3, id, state,
       CASE WHEN state = 'failed' THEN 'TimeoutError: no answer in ' || n % 30 || ' s' ELSE '' END, signature, 1,
       'celery@worker-' || n % 6, at, at + waited_ms * interval '1 ms', at + (waited_ms + ran_ms) * interval '1 ms'
FROM drawn
"""
ATTEMPTS = """
INSERT INTO job_attempts (company_id, job_id, number, queue, name, worker, pid, release, started_at, ended_at, waited_ms,
                          ran_ms, outcome, error, error_type, signature)
SELECT company_id, id, 1, queue, name, 'celery@worker-' || n % 6, 100 + n % 24, '2026.11.' || n % 4,
       at + waited_ms * interval '1 ms', at + (waited_ms + ran_ms) * interval '1 ms', waited_ms, ran_ms, state,
       CASE WHEN state = 'failed' THEN 'TimeoutError: no answer in ' || n % 30 || ' s' ELSE '' END,
       CASE WHEN state = 'failed' THEN 'TimeoutError' ELSE '' END, signature
FROM drawn
"""
WAITING = """
WITH made AS (
  INSERT INTO jobs (company_id, id, name, queue, title, args, actor, request_id, root_id, state)
  SELECT %(first)s::bigint + 1 + n %% %(companies)s::bigint, substr(ulid_floor(now() - n * interval '10 ms'), 1, 10) || lpad(n::text, 16, '0'), name, queue, 'Waits',
         jsonb_build_object('order', n), '{}', 'W' || n, '', 'queued'
  FROM (SELECT n, (%(names)s::text[])[1 + n %% %(kinds)s] AS name, (%(queues)s::text[])[1 + n %% %(kinds)s] AS queue
        FROM generate_series(1, %(waiting)s) n) drawn
  RETURNING company_id, id, name, queue)
INSERT INTO job_outbox (company_id, job_id, name, queue, phase, due_at, queued_at)
SELECT company_id, id, name, queue, 'waiting', now() - interval '1 minute', now() - interval '1 minute' FROM made
"""


def make_day(sql: "psycopg.Connection[Any]", day: date) -> None:
    """Make the partitions of a day that is over, as the upkeep makes those of days to come."""
    for table in PARTITIONED:
        name = f"{table}_{day:%Y%m%d}"
        sql.execute(
            f"""DO $$ BEGIN
              EXECUTE format('CREATE TABLE IF NOT EXISTS {name} PARTITION OF {table} FOR VALUES FROM (%L) TO (%L)',
                             ulid_floor('{day} 00:00+00'), ulid_floor('{day + timedelta(days=1)} 00:00+00'));
            END $$"""
        )
        sql.execute(f"ALTER TABLE {name} OWNER TO qd_owner")
        for rule in ("ENABLE", "FORCE"):
            sql.execute(f"ALTER TABLE {name} {rule} ROW LEVEL SECURITY")


def fill(
    url: str, jobs: int, *, days: int, companies: int, waiting: int, now: datetime, say: Callable[[str], None] = print
) -> None:
    """Write jobs that ended, spread evenly over the days up to now, and some that wait.

    Args:
        url: The superuser's address of the database.
        jobs: How many ended.
        days: Over how many days, today's part included.
        companies: Of how many companies, a few large and many small.
        waiting: How many wait, in all queues.
        now: The end of the last day.
        say: Where to tell how far it is.
    """
    names, queues, runs = (list(one) for one in zip(*KINDS, strict=True))
    drawn = {
        "names": names,
        "queues": queues,
        "runs": runs,
        "kinds": len(KINDS),
        "first": COMPANY,
        "companies": companies,
    }
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    with psycopg.connect(url, autocommit=True) as sql:
        sql.execute("SET synchronous_commit = off")
        sql.execute(COMPANIES, drawn)
        low, a_day = 1, jobs // days
        for back in range(days - 1, -1, -1):
            day = midnight - timedelta(days=back)
            make_day(sql, day.date())
            length_s = 86_400 if back else max(int((now - day).total_seconds()) - 60, 60)
            _fill_day(sql, {**drawn, "day": day}, low, a_day, length_s)
            low += a_day
            say(f"{low - 1:,} jobs")
        sql.execute(WAITING, {**drawn, "waiting": waiting})
        sql.execute("VACUUM ANALYZE jobs")
        sql.execute("VACUUM ANALYZE job_attempts")
        sql.execute("VACUUM ANALYZE job_outbox")


def _fill_day(sql: "psycopg.Connection[Any]", drawn: dict[str, Any], low: int, count: int, length_s: int) -> None:
    done = 0
    while done < count:
        some = min(AT_ONCE, count - done)
        piece = {"low": low + done, "count": some, "length_s": length_s * some / count}
        start = drawn["day"] + timedelta(seconds=length_s * done / count)
        with sql.transaction():
            sql.execute(DRAWN, {**drawn, **piece, "day": start})
            sql.execute(JOBS)
            sql.execute(ATTEMPTS)
        done += some
