"""What the fold writes: each a statement over all rows of a batch, sent as one JSON document."""

COUNTED = "calls, errors, timeouts, rows, total_us, max_us, buckets"
TYPES = "calls bigint, errors bigint, timeouts bigint, rows bigint, total_us bigint, max_us bigint, buckets jsonb"
ADDED = ("calls", "errors", "timeouts", "rows", "total_us")
# The buckets arrive added up: merging JSON in SQL takes ten times as long as in Python.
SUMS = ", ".join(
    [
        *(f"{one} = t.{one} + excluded.{one}" for one in ADDED),
        "max_us = greatest(t.max_us, excluded.max_us)",
        "buckets = excluded.buckets",
    ]
)


def add_counts(table: str, key: str, types: str) -> str:
    """Return the statement that adds counts to the rows of a table.

    Args:
        table: Its name.
        key: Its key without the company: `at, fingerprint`.
        types: The same with types.
    """
    return (
        f"INSERT INTO {table} AS t (company_id, {key}, {COUNTED}) "
        f"SELECT :installation, {key}, {COUNTED} FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r({types}, {TYPES}) "
        f"ORDER BY {key} ON CONFLICT (company_id, {key}) DO UPDATE SET {SUMS}"
    )


def read_buckets(table: str, key: str, types: str) -> str:
    """Return the statement that reads the buckets that rows of a table hold already.

    Args:
        table: Its name.
        key: Its key without the company.
        types: The same with types.
    """
    return (
        f"SELECT {key}, t.buckets::text AS buckets FROM {table} t "
        f"JOIN jsonb_to_recordset(CAST(:rows AS jsonb)) AS r({types}) USING ({key}) WHERE t.company_id = :installation"
    )


BY_STATEMENT = ("at, fingerprint", "at timestamptz, fingerprint text")
BY_COMPANY = ("at, fingerprint, of_company_id", "at timestamptz, fingerprint text, of_company_id bigint")
COUNTS = {"query_minutes": BY_STATEMENT, "query_hours": BY_STATEMENT, "query_company_hours": BY_COMPANY}
STATEMENTS = """
INSERT INTO query_statements AS t (company_id, fingerprint, text, verb, tables, first_seen_at, last_seen_at)
SELECT :installation, fingerprint, text, verb, ARRAY(SELECT jsonb_array_elements_text(tables)), :at, :at
FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(fingerprint text, text text, verb text, tables jsonb)
ORDER BY fingerprint
ON CONFLICT (company_id, fingerprint) DO NOTHING"""
SEEN = """
UPDATE query_statements SET last_seen_at = :at
WHERE company_id = :installation AND fingerprint = ANY(CAST(:fingerprints AS text[]))
AND last_seen_at < CAST(:at AS timestamptz) - interval '1 minute'"""
SAMPLES = """
INSERT INTO query_samples (company_id, at, id, fingerprint, kind, took_us, rows, sqlstate, of_company_id, request_id,
  job_id, endpoint, line, actor, backend_pid)
SELECT :installation, at, id, fingerprint, kind, took_us, rows, sqlstate, of_company_id, request_id, job_id, endpoint,
  line, actor, backend_pid
FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(at timestamptz, id text, fingerprint text, kind text, took_us bigint,
  rows bigint, sqlstate text, of_company_id bigint, request_id text, job_id text, endpoint text, line text, actor text,
  backend_pid integer)
ON CONFLICT DO NOTHING"""
# Of each statement's minute the slowest stays, whichever process saw it.
SLOWEST = """
DELETE FROM query_samples s USING (
  SELECT at, id, row_number() OVER (PARTITION BY fingerprint, date_trunc('minute', at) ORDER BY took_us DESC, id) AS place
  FROM query_samples WHERE company_id = :installation AND kind = 'slow'
  AND at >= date_trunc('minute', CAST(:since AS timestamptz)) AND fingerprint = ANY(CAST(:fingerprints AS text[]))
) ranked WHERE s.company_id = :installation AND s.at = ranked.at AND s.id = ranked.id AND ranked.place > 1
AND s.at >= date_trunc('minute', CAST(:since AS timestamptz))"""
ORIGINS = """
INSERT INTO query_origins AS t (company_id, fingerprint, endpoint, line, calls, total_us, last_seen_at)
SELECT :installation, fingerprint, endpoint, line, calls, total_us, :at
FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(fingerprint text, endpoint text, line text, calls bigint,
  total_us bigint)
ORDER BY fingerprint, endpoint, line
ON CONFLICT (company_id, fingerprint, endpoint, line) DO UPDATE
SET calls = t.calls + excluded.calls, total_us = t.total_us + excluded.total_us, last_seen_at = excluded.last_seen_at"""
REPEATS = """
INSERT INTO query_repeats AS t (company_id, fingerprint, endpoint, line, kind, times, most, advice, request_id,
  first_seen_at, last_seen_at)
SELECT :installation, fingerprint, endpoint, line, kind, times, most, advice, request_id, at, at
FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(fingerprint text, endpoint text, line text, kind text, times bigint,
  most integer, advice text, request_id text, at timestamptz)
ORDER BY fingerprint, endpoint, line
ON CONFLICT (company_id, fingerprint, endpoint, line) DO UPDATE SET times = t.times + excluded.times,
  kind = excluded.kind, advice = excluded.advice,
  most = greatest(t.most, excluded.most),
  request_id = CASE WHEN excluded.most >= t.most THEN excluded.request_id ELSE t.request_id END,
  last_seen_at = greatest(t.last_seen_at, excluded.last_seen_at)"""
FOLDED = """
INSERT INTO query_folds AS t (company_id, source, number, lost, dropped, at)
SELECT :installation, source, number, lost, dropped, :at
FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(source text, number bigint, lost bigint, dropped bigint)
ORDER BY source
ON CONFLICT (company_id, source) DO UPDATE SET number = excluded.number, lost = t.lost + excluded.lost,
  dropped = t.dropped + excluded.dropped, at = excluded.at"""
NUMBERS = """
SELECT source, number FROM query_folds WHERE company_id = :installation AND source = ANY(CAST(:sources AS text[]))"""
# Two relays may overlap for a moment while one takes over from the other.
ALONE = "SELECT pg_advisory_xact_lock(hashtext('query-fold'))"
