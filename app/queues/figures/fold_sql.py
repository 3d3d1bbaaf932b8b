"""The statements that fold attempts into minutes and minutes into hours. Run again, they change nothing.

What happened in a company is counted twice: under it, and under the platform company, whose rows are the sums over
everybody. So pages of the installation read as few rows as pages of one company.
"""

from app.core.histogram import BUCKET_SQL

COUNTS = ("queued", "done", "failed", "retried", "cancelled", "lost", "late", "waited_ms", "ran_ms")
MERGED = ("wait_hist", "run_hist", "failures")
COLUMNS = (*COUNTS, *MERGED)
KEY = "company_id, at, queue, name"
WORKER_KEY = "company_id, at, worker, queue, name"  # of everybody together, for Prometheus
LISTED = ", ".join(COLUMNS)
# An id is drawn a moment before the row's own time is taken.
ID_SLACK = "interval '2 seconds'"


def upsert(table: str, source: str, key: str = KEY) -> str:
    """Return what writes sums into a table; equal rows are left alone."""
    changed = ", ".join(f"{column} = excluded.{column}" for column in COLUMNS)
    before = ", ".join(f"kept.{column}" for column in COLUMNS)
    after = ", ".join(f"excluded.{column}" for column in COLUMNS)
    return (
        f"INSERT INTO {table} AS kept ({key}, {LISTED}) SELECT {key}, {LISTED} FROM {source} "
        f"ON CONFLICT ({key}) DO UPDATE SET {changed} WHERE ({before}) IS DISTINCT FROM ({after})"
    )


def whose(alias: str) -> str:
    """Return the join that counts a row under its company and under the installation."""
    both = f"ARRAY[{alias}.company_id, :installation]"
    one = f"CASE WHEN {alias}.company_id = :installation THEN ARRAY[{alias}.company_id] ELSE {both} END"
    return f"CROSS JOIN LATERAL unnest({one}) AS whose(company_id)"


def buckets(name: str, column: str, hist: str, *, key: str = KEY, where: str = "true") -> str:
    """Return the part that gathers one histogram (or the failures by signature) of each row."""
    return f"""{name} AS (
  SELECT {key}, jsonb_object_agg(bucket, n) AS {hist}
  FROM (SELECT {key}, {column}::text AS bucket, count(*) AS n FROM ended WHERE {where} GROUP BY {key}, {column}) each
  GROUP BY {key})"""


def counted(name: str, *, key: str = KEY, where: str = "true") -> str:
    """Return the part that counts, by how attempts ended."""
    return f"""{name} AS (
  SELECT {key}, {", ".join(f"sum({count}) AS {count}" for count in COUNTS)}
  FROM (SELECT {key}, 0 AS queued, (outcome = 'done')::int AS done, is_final::int AS failed,
               (outcome = 'failed' AND NOT is_final)::int AS retried, (outcome = 'cancelled')::int AS cancelled,
               (outcome = 'lost' AND NOT is_final)::int AS lost, coalesce(is_late, false)::int AS late, waited_ms, ran_ms
        FROM ended WHERE {where}
        UNION ALL SELECT {key}, n, 0, 0, 0, 0, 0, 0, 0, 0 FROM arrived WHERE {where}) each
  GROUP BY {key})"""


def joined(name: str, parts: dict[str, str], *, key: str = KEY) -> str:
    """Return the part that puts counts and histograms of a row together.

    They are laid one under the other and grouped, not joined: nobody has statistics of what a statement has just
    made, and a join planned for ten rows takes minutes for a hundred thousand.

    Args:
        name: Its name.
        parts: Which part has the counts, and which has each of `MERGED`; what has none stays empty.
        key: What a row is.
    """
    zeros, nothing = ", ".join(f"0 AS {count}" for count in COUNTS), {hist: f"NULL::jsonb AS {hist}" for hist in MERGED}
    laid = [f"SELECT {key}, {', '.join(COUNTS)}, {', '.join(nothing.values())} FROM {parts['counts']}"]
    laid += [
        f"SELECT {key}, {zeros}, {', '.join({**nothing, hist: hist}.values())} FROM {parts[hist]}"
        for hist in MERGED
        if hist in parts
    ]
    sums = ", ".join(f"sum({count}) AS {count}" for count in COUNTS)
    only = ", ".join(
        f"coalesce((array_agg({hist}) FILTER (WHERE {hist} IS NOT NULL))[1], '{{}}') AS {hist}" for hist in MERGED
    )
    return f"{name} AS (SELECT {key}, {sums}, {only} FROM ({' UNION ALL '.join(laid)}) laid GROUP BY {key})"


ENDED = f"""ended AS MATERIALIZED (
  SELECT whose.company_id, date_trunc('minute', a.ended_at) AS at, a.queue, a.name, a.worker, a.outcome,
         a.waited_ms,
         {BUCKET_SQL.format(ms="a.waited_ms")} AS wait_bucket,
         CASE WHEN a.outcome IN ('done', 'failed') THEN {BUCKET_SQL.format(ms="a.ran_ms")} END AS run_bucket,
         CASE WHEN a.outcome IN ('done', 'failed') THEN a.ran_ms ELSE 0 END AS ran_ms,
         a.waited_ms > (CAST(:targets AS jsonb) ->> a.queue)::bigint * 1000 AS is_late,
         -- Whether a failed attempt was the job's last stands in the job. Asked for each, never as a join: that may be
         -- planned as reading all jobs there are.
         CASE WHEN a.outcome IN ('failed', 'lost') THEN coalesce(
           (SELECT j.state IN ('failed', 'discarded') AND j.attempts <= a.number FROM jobs j
            WHERE j.company_id = a.company_id AND j.id = a.job_id), false) ELSE false END AS is_final,
         a.signature, a.error_type, a.error, a.release, a.ended_at, a.job_id
  FROM job_attempts a {whose("a")}
  WHERE a.ended_at >= :since AND a.ended_at < :until)"""

ARRIVED = f"""arrived AS (
  SELECT whose.company_id, date_trunc('minute', j.created_at) AS at, j.queue, j.name, '' AS worker, count(*) AS n
  FROM jobs j {whose("j")}
  WHERE j.id >= ulid_floor(CAST(:since AS timestamptz) - {ID_SLACK})
    AND j.id < ulid_floor(CAST(:until AS timestamptz) + {ID_SLACK})
    AND j.created_at >= :since AND j.created_at < :until
  GROUP BY 1, 2, 3, 4)"""

# A group grows by what these minutes hold more than they held before. Laid one under the other, as in `joined`.
GROUPS = """seen AS (
  SELECT company_id, signature, count(*) AS n, min(ended_at) AS first_seen, max(ended_at) AS last_seen,
         (array_agg(release ORDER BY ended_at))[1] AS first_release, (array_agg(error ORDER BY ended_at))[1] AS error,
         (array_agg(release ORDER BY ended_at DESC))[1] AS last_release, (array_agg(job_id ORDER BY ended_at DESC))[1] AS last_job_id,
         max(name) AS name, max(queue) AS queue, max(error_type) AS error_type
  FROM ended WHERE is_final AND signature <> '' GROUP BY 1, 2),
before AS (
  SELECT m.company_id, f.key AS signature, sum(f.value::bigint) AS n
  FROM job_minutes m CROSS JOIN LATERAL jsonb_each_text(m.failures) f
  WHERE m.at >= :since AND m.at < :until GROUP BY 1, 2),
grown AS (
  SELECT company_id, signature, max(name) AS name, max(queue) AS queue, max(error_type) AS error_type, max(error) AS error,
         max(first_seen) AS first_seen, max(last_seen) AS last_seen, sum(n) AS n, max(first_release) AS first_release,
         max(last_release) AS last_release, max(last_job_id) AS last_job_id
  FROM (SELECT company_id, signature, n, name, queue, error_type, error, first_seen, last_seen, first_release, last_release,
               last_job_id FROM seen
        UNION ALL SELECT company_id, signature, -n, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM before) laid
  GROUP BY 1, 2 HAVING sum(n) > 0),
grouped AS (
  INSERT INTO failure_groups AS kept (company_id, signature, name, queue, error_type, error, first_seen, last_seen, total,
                                      first_release, last_release, last_job_id)
  SELECT company_id, signature, name, queue, error_type, error, first_seen, last_seen, n, first_release, last_release,
         last_job_id FROM grown
  ON CONFLICT (company_id, signature) DO UPDATE SET
    total = kept.total + excluded.total,
    first_release = CASE WHEN excluded.first_seen < kept.first_seen THEN excluded.first_release
                         ELSE kept.first_release END,
    first_seen = least(kept.first_seen, excluded.first_seen),
    error = CASE WHEN excluded.first_seen < kept.first_seen THEN excluded.error ELSE kept.error END,
    last_release = CASE WHEN excluded.last_seen > kept.last_seen THEN excluded.last_release
                        ELSE kept.last_release END,
    last_job_id = CASE WHEN excluded.last_seen > kept.last_seen THEN excluded.last_job_id ELSE kept.last_job_id END,
    muted_until = CASE WHEN excluded.last_seen > kept.last_seen AND excluded.last_release <> kept.last_release THEN NULL
                       ELSE kept.muted_until END,  -- it is back in another release: who muted it wants to know
    last_seen = greatest(kept.last_seen, excluded.last_seen))"""

EVERYBODY = "company_id = :installation"
HAS_RUN = "run_bucket IS NOT NULL"
WORKERS = (
    counted("worker_counts", key=WORKER_KEY, where=EVERYBODY),
    buckets("worker_waits", "wait_bucket", "wait_hist", key=WORKER_KEY, where=EVERYBODY),
    buckets("worker_runs", "run_bucket", "run_hist", key=WORKER_KEY, where=f"{EVERYBODY} AND {HAS_RUN}"),
    joined(
        "of_workers",
        {"counts": "worker_counts", "wait_hist": "worker_waits", "run_hist": "worker_runs"},
        key=WORKER_KEY,
    ),
    f"workers_written AS ({upsert('worker_minutes', 'of_workers', WORKER_KEY)})",
)
FOLD_MINUTES = f"""WITH {
    ", ".join(
        (
            ENDED,
            ARRIVED,
            counted("counts"),
            buckets("waits", "wait_bucket", "wait_hist"),
            buckets("runs", "run_bucket", "run_hist", where=HAS_RUN),
            buckets("broken", "signature", "failures", where="is_final AND signature <> ''"),
            joined("of_names", {"counts": "counts", "wait_hist": "waits", "run_hist": "runs", "failures": "broken"}),
            *WORKERS,
            GROUPS,
        )
    )
}
{upsert("job_minutes", "of_names")}"""


def merged(hist: str) -> str:
    """Return the part that adds up one histogram of the minutes of each hour."""
    return f"""{hist}_of AS (
  SELECT {KEY}, jsonb_object_agg(bucket, n) AS {hist}
  FROM (SELECT company_id, date_trunc('hour', m.at) AS at, queue, name, b.key AS bucket, sum(b.value::bigint) AS n
        FROM job_minutes m CROSS JOIN LATERAL jsonb_each_text(m.{hist}) b
        WHERE m.at >= :since AND m.at < :until GROUP BY 1, 2, 3, 4, 5) each
  GROUP BY 1, 2, 3, 4)"""


HOURS = {hist: f"{hist}_of" for hist in MERGED}
FOLD_HOURS = f"""WITH counts AS (
  SELECT company_id, date_trunc('hour', m.at) AS at, queue, name, {", ".join(f"sum({c}) AS {c}" for c in COUNTS)}
  FROM job_minutes m WHERE m.at >= :since AND m.at < :until GROUP BY 1, 2, 3, 4),
{", ".join(merged(hist) for hist in MERGED)},
{joined("of_names", {"counts": "counts", **HOURS})}
{upsert("job_hours", "of_names")}"""
