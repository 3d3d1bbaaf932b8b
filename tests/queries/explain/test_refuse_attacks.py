"""Attacks on EXPLAIN: by a text that is typed, and by a statement that is known and run. None reaches a row or acts."""

import psycopg
import pytest
from flask import Flask

from app.queries.explain.asking import explain_typed
from app.queries.explain.link import explain_connection
from app.queries.explain.problems import ExplainFailed, ExplainRefused
from app.queries.explain.trial import run_trial
from tests.world import Person

FOURTEEN = ", ".join(f"users u{number}" for number in range(14))
MUCH = """SELECT u.name, count(*) FROM users u LEFT JOIN companies c ON c.id = u.company_id
  WHERE lower(u.name) LIKE $1 AND u.created_at BETWEEN now() - interval '1 day' AND $2
  GROUP BY 1 HAVING count(*) > 2 ORDER BY 2 DESC LIMIT 5"""
CLOCKS = """SELECT extract(year FROM created_at), created_at AT TIME ZONE 'UTC', coalesce(name, 'x'), (ARRAY[1, 2])[1],
  row_number() OVER (PARTITION BY company_id ORDER BY id) FROM users WHERE role IN ('staff', 'viewer')"""
TYPED = [
    # Several statements: the simple protocol would take them.
    "SELECT 1; COMMIT; CREATE TEMP TABLE mine (id int)",
    "SELECT 1; DROP TABLE users",
    "/* */ SELECT 1 /* */ ; /* */ SELECT 2",
    "COMMIT",
    # What EXPLAIN itself would run or accept.
    "ANALYZE SELECT 1",
    "(ANALYZE) SELECT 1",
    "EXPLAIN ANALYZE SELECT 1",
    "CREATE TABLE mine AS SELECT * FROM users",
    "EXECUTE something",
    "DECLARE c CURSOR FOR SELECT 1",
    "REFRESH MATERIALIZED VIEW mine",
    "COPY (SELECT 1) TO PROGRAM 'true'",
    "COPY users TO '/tmp/users'",
    "SELECT * INTO mine FROM users",
    # Writing inside a SELECT.
    "WITH gone AS (DELETE FROM users RETURNING *) SELECT * FROM gone",
    "WITH a AS (WITH b AS (INSERT INTO users DEFAULT VALUES RETURNING id) SELECT * FROM b) SELECT * FROM a",
    "SELECT * FROM users FOR UPDATE",
    "SELECT * FROM (SELECT * FROM users FOR SHARE) u",
    "UPDATE users SET name = 'x'",
    # Functions that act, also in READ ONLY.
    "SELECT pg_terminate_backend(pid) FROM users",
    "SELECT pg_cancel_backend(1)",
    "SELECT pg_advisory_lock(1)",
    "SELECT pg_notify('a', 'b')",
    "SELECT set_config('statement_timeout', '0', false)",
    "SELECT nextval('users_id_seq')",
    "SELECT pg_sleep(60)",
    "SELECT pg_read_file('PG_VERSION')",
    "SELECT lo_import('/etc/passwd')",
    "SELECT dblink('', '')",
    # A value, a setting or a table in an error's text: worked out while planning.
    "SELECT 1 WHERE 1 = current_setting('server_version')::int",
    "SELECT 1 FROM users WHERE id = (table_to_xml('users', true, false, '')::text)::int",
    "SELECT query_to_xml('SELECT * FROM users', true, false, '')",
    "SELECT database_to_xml(true, false, '')",
    "SELECT pg_catalog.current_setting('data_directory')",
    "SELECT has_table_privilege('users', 'SELECT')",
    "SELECT pg_relation_size('users')",
    "SELECT 'users'::regclass",
    "SELECT 'pg_sleep'::regproc",
    "SELECT to_regclass('users')",
    "SELECT auth_user('ada@example.com')",
    "SELECT search_orders(1, 'x', 5)",
    "SELECT planner_figures()",
    # Other doors to a function: operators, types, schemas, notation.
    "SELECT 1 OPERATOR(public.+) 2",
    "SELECT 1 OPERATOR(pg_catalog.+) 2",
    "SELECT 'x'::public.mine",
    "SELECT public.harmless(1)",
    "SELECT information_schema._pg_truetypid(1)",
    "SELECT * FROM pg_authid",
    "SELECT * FROM pg_catalog.pg_stat_activity",
    "SELECT * FROM information_schema.tables",
    "SELECT * FROM pg_stat_statements",
    "SELECT * FROM users TABLESAMPLE system (1)",
    "SELECT * FROM pg_ls_dir('.')",
    "SELECT * FROM ROWS FROM (pg_ls_dir('.')) AS x",
    "SELECT xmlelement(name a, 'b')",
    "SELECT xmlparse(document '<a/>')",
    "SELECT id FROM users WHERE name = 'x' COLLATE \"C\"",
    "SELECT json_value('{}', '$.a')",
    "VALUES (pg_sleep(60))",
    "TABLE pg_authid",
    "SELECT 1 ORDER BY pg_sleep(60)",
    "SELECT 1 LIMIT pg_sleep(1)::text::int",
    "SELECT count(*) FILTER (WHERE pg_sleep(1) IS NULL) FROM users",
    "SELECT sum(id) OVER (ORDER BY pg_sleep(1)) FROM users",
    "SELECT CASE WHEN true THEN pg_sleep(1) END",
    "SELECT ARRAY[(SELECT pg_sleep(1)::text)]",
    # A few characters that become a gigabyte, or hours.
    "SELECT repeat('x', 1000000000)",
    "SELECT lpad('x', 1000000000)",
    "SELECT 9.9 ^ 99999999",
    "SELECT power(9.9, 99999999)",
    "SELECT " + "NOT " * 3000 + "true",
    "SELECT " + "(" * 20000 + "1" + ")" * 20000,
    "SELECT 1" + " UNION SELECT 1" * 1200,
    "SELECT 'a\0b'",
    "",
    "nonsense",
]


@pytest.mark.parametrize("text", TYPED, ids=lambda text: text[:60].replace("\0", "0"))
def test_what_is_typed_is_refused_unless_every_part_of_it_is_known(app: Flask, text: str):
    with app.app_context(), pytest.raises((ExplainRefused, ExplainFailed)) as caught:
        explain_typed(text)
    assert isinstance(caught.value, ExplainRefused) or caught.value.sqlstate in ("42P01", "42883")


@pytest.mark.parametrize(
    "text",
    [
        MUCH,
        "WITH a AS (SELECT id FROM users) SELECT * FROM a UNION ALL SELECT 2",
        CLOCKS,
        "SELECT 1 FROM users WHERE name % 'ada' AND EXISTS (SELECT 1 FROM companies WHERE id = $1) AND id = ANY($2)",
        "SELECT sum(id)::numeric(12, 2), max(name), string_agg(name, ', '), current_date FROM users",
        "VALUES (1, 'a')",
        "TABLE users",
    ],
)
def test_what_people_ask_for_is_planned(app: Flask, text: str):
    with app.app_context():
        found = explain_typed(text)
    assert found.where == "shadow"
    assert found.tree.nodes


def test_a_function_somebody_made_is_refused_whatever_it_is_called(app: Flask, superuser_url: str):
    """A list of names is beaten by an overload: `lower(users)` is called for a row, and is nobody's `lower`."""
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        connection.execute(
            "CREATE FUNCTION public.lower(bigint) RETURNS text LANGUAGE plpgsql IMMUTABLE AS "
            "$$ BEGIN RAISE EXCEPTION 'it ran'; END $$"
        )
        connection.execute(
            "CREATE OPERATOR public.=== (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = pg_catalog.int8eq)"
        )
        try:
            for text in ("SELECT lower(1::bigint)", "SELECT 1::bigint === 1::bigint"):
                with app.app_context(), pytest.raises(ExplainRefused):
                    explain_typed(text)
        finally:
            connection.execute("DROP OPERATOR public.=== (bigint, bigint)")
            connection.execute("DROP FUNCTION public.lower(bigint)")


def test_planning_is_stopped_when_it_takes_too_long(app: Flask, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("app.queries.shadow.cluster.PLAN_MS", 1)
    with app.app_context(), pytest.raises(ExplainFailed) as caught:
        explain_typed(f"SELECT 1 FROM {FOURTEEN}")
    assert caught.value.sqlstate == "57014"


def test_an_error_of_planning_holds_nothing_of_the_servers(app: Flask):
    with app.app_context(), pytest.raises(ExplainFailed) as caught:
        explain_typed("SELECT name::int FROM users WHERE 'canary-7f3a'::int = 1")
    assert "canary" not in f"{caught.value.sentence}{caught.value.__cause__}"
    assert caught.value.sqlstate == "22P02"


def test_a_typed_constant_is_not_in_the_plan(app: Flask):
    with app.app_context():
        found = explain_typed("SELECT id FROM users WHERE name = 'canary-7f3a' AND id > 777333")
    assert "canary" not in f"{found.plan}{found.text}"
    assert "777333" not in f"{found.plan}{found.text}"


RUN = [
    "SELECT pg_terminate_backend($1)",
    "SELECT pg_advisory_lock($1)",
    "SELECT pg_notify($1, $2)",
    "SELECT nextval($1)",
    "SELECT set_config($1, $2, $3)",
    "SELECT auth_user($1)",
    "SELECT id FROM users WHERE pg_sleep($1) IS NULL",
    "SELECT id FROM users WHERE id = $1 FOR UPDATE",
    "WITH gone AS (DELETE FROM users RETURNING id) SELECT id FROM gone",
    "INSERT INTO users DEFAULT VALUES",
    "UPDATE users SET name = $1",
    "DELETE FROM users",
    "SELECT * INTO mine FROM users",
    "SELECT 1; DROP TABLE users",
    "CREATE TABLE mine AS SELECT 1",
]


@pytest.mark.parametrize("text", RUN)
def test_what_is_known_is_run_only_when_it_reads(app: Flask, ada: Person, text: str):
    with app.app_context(), explain_connection(ada.company_id) as link, pytest.raises(ExplainRefused):
        run_trial(link, text)


def test_a_run_sees_the_rows_of_one_company_alone(app: Flask, ada: Person, cleo: Person):
    with app.app_context(), explain_connection(ada.company_id) as link:
        plan = run_trial(link, "SELECT id FROM users WHERE company_id = $1", [str(cleo.company_id)])
    assert plan["Plan"]["Actual Rows"] == 0


def test_a_run_ends_when_its_time_is_over(app: Flask, ada: Person):
    endless = "SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b"
    reading = explain_connection(ada.company_id, timeout_ms=200)
    with app.app_context(), pytest.raises(ExplainFailed) as caught, reading as link:
        run_trial(link, endless)
    assert caught.value.sqlstate == "57014"
