"""The connection statements are planned on: held by the policies, read only, one at a time, never a mighty login."""

import psycopg
import pytest
from flask import Flask

from app.queries.explain import link
from app.queries.explain.link import explain_connection
from app.queries.explain.problems import ExplainAway, ExplainBusy, ExplainFailed, ExplainMissing, ExplainUnsafe
from tests.world import Person


def test_it_reads_the_rows_of_one_company_and_of_no_other(app: Flask, ada: Person, cleo: Person):
    with app.app_context():
        with explain_connection(ada.company_id) as connection:
            rows = connection.execute("SELECT DISTINCT company_id FROM users").fetchall()
        with explain_connection() as connection:
            nobody = connection.execute("SELECT count(*) AS n FROM users").fetchone()
    assert rows == [{"company_id": ada.company_id}]
    assert nobody == {"n": 0}


def test_a_plan_carries_the_policy_as_in_real_life(app: Flask, ada: Person):
    with app.app_context(), explain_connection(ada.company_id) as connection:
        row = connection.execute("EXPLAIN (GENERIC_PLAN) SELECT id FROM users WHERE name = $1").fetchall()
    assert "qd.company_id" in str(row)


@pytest.mark.parametrize(
    ("statement", "state"),
    [
        ("INSERT INTO event_epoch DEFAULT VALUES", "25006"),
        ("CREATE TABLE mine (id int)", "25006"),
        ("CREATE TEMPORARY TABLE mine (id int)", "25006"),
        ("SET LOCAL transaction_read_only = off", "25001"),
        ("SELECT pg_read_file('PG_VERSION')", "42501"),
        ("COPY (SELECT 1) TO PROGRAM 'true'", "42501"),
        ("SELECT pg_sleep(60)", "57014"),
        ("SELECT auth_user('somebody@example.com')", "42501"),
    ],
)
def test_it_does_nothing_but_read(app: Flask, statement: str, state: str):
    with app.app_context(), pytest.raises(ExplainFailed) as caught, explain_connection(timeout_ms=300) as connection:
        connection.execute(statement)
    assert caught.value.sqlstate == state


def test_what_was_set_is_gone_with_the_transaction(app: Flask):
    with app.app_context(), explain_connection() as connection:
        connection.execute("SELECT set_config('statement_timeout', '0', false)")
    with app.app_context(), explain_connection(timeout_ms=1234) as connection:
        assert connection.execute("SHOW statement_timeout").fetchone() == {"statement_timeout": "1234ms"}


def test_a_second_one_waits_for_its_turn_and_then_is_told(app: Flask, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(link, "TURN_MS", 50)
    with app.app_context():
        with explain_connection(), pytest.raises(ExplainBusy), explain_connection():
            pass
        with explain_connection() as connection:
            assert connection.execute("SELECT 1 AS again").fetchone() == {"again": 1}


def test_a_superuser_or_an_owner_is_refused_whoever_set_it(app: Flask, superuser_url: str, urls: dict[str, str]):
    for url, right in [(superuser_url, "superuser"), (urls["DATABASE_OWNER_URL"], "CREATE"),
                       (urls["DATABASE_BACKUP_URL"], "BYPASSRLS"), (urls["DATABASE_URL"], "TEMPORARY")]:  # fmt: skip
        with app.app_context(), pytest.raises(ExplainUnsafe) as caught, explain_connection(url=url):
            pass
        assert right in caught.value.right


def test_a_server_that_is_away_and_a_login_that_is_not_set_are_said(app: Flask, monkeypatch: pytest.MonkeyPatch):
    with app.app_context(), pytest.raises(ExplainAway), explain_connection(url="postgresql://a:b@127.0.0.1:1/none"):
        pass
    without = app.config["SETTINGS"].model_copy(update={"database_explain_url": None})
    monkeypatch.setitem(app.config, "SETTINGS", without)
    with app.app_context(), pytest.raises(ExplainMissing) as caught, explain_connection():
        pass
    assert "DATABASE_EXPLAIN_URL" in caught.value.sentence


def test_an_error_never_carries_the_servers_words(app: Flask, ada: Person):
    with app.app_context(), pytest.raises(ExplainFailed) as caught, explain_connection(ada.company_id) as connection:
        connection.execute("SELECT name::int FROM users")
    told = f"{caught.value.sentence} {caught.value.__cause__} {caught.value.__suppress_context__}"
    assert ada.email not in told
    assert caught.value.sentence == (
        "PostgreSQL did not plan it. One of its values does not fit its type. (SQLSTATE 22P02)"
    )


def test_planner_figures_hold_numbers_and_no_value(urls: dict[str, str], superuser_url: str, ada: Person):
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        connection.execute("ANALYZE users")
    with psycopg.connect(urls["DATABASE_EXPLAIN_URL"]) as connection:
        rows = connection.execute("SELECT * FROM planner_figures() WHERE relation = 'users'").fetchall()
    assert {row[1] for row in rows} >= {"company_id", "email", "name"}
    assert ada.email not in str(rows)
    with psycopg.connect(urls["DATABASE_URL"]) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("SELECT * FROM planner_figures()")


def test_of_values_only_the_schemas_own_words_are_told(urls: dict[str, str], superuser_url: str, ada: Person):
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        connection.execute("ANALYZE users, companies")
    with psycopg.connect(urls["DATABASE_EXPLAIN_URL"]) as connection:
        rows = connection.execute("SELECT * FROM planner_constants()").fetchall()
    found = {(row[0], row[1]): row[3] for row in rows}
    assert set(found["users", "role"]) <= {"staff", "viewer", "company_admin", "platform_admin", "api"}
    assert ("companies", "type") in found
    assert {column for table, column in found if table == "users"}.isdisjoint({"company_id", "email", "name"})
    assert ada.email not in str(rows)
    with psycopg.connect(urls["DATABASE_URL"]) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("SELECT * FROM planner_constants()")


def test_how_large_companies_are_is_one_number_a_table(urls: dict[str, str], superuser_url: str, ada: Person):
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        connection.execute("ANALYZE users")
        row = connection.execute("SELECT count(DISTINCT company_id) FROM users").fetchone()
    with psycopg.connect(urls["DATABASE_EXPLAIN_URL"]) as connection:
        rows = connection.execute("SELECT * FROM planner_companies()").fetchall()
    assert {name for _, name, _, _ in rows} == {"company_id"}
    assert row
    assert all(1 <= number <= row[0] + 0.01 for table, _, _, number in rows if table == "users")
    with psycopg.connect(urls["DATABASE_URL"]) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("SELECT * FROM planner_companies()")
