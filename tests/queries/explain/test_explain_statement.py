"""How a statement is planned: typed or known, planned or run once, as a page and as JSON."""

from datetime import UTC, datetime

import pytest

from app.core.ids import new_ulid
from app.queries.shadow import cluster
from app.queries.shadow.server import Address
from config import Settings
from tests.world import Person

PATH = "/api/query-optimizer/explain"
USERS = "SELECT users.id, users.name FROM users WHERE users.company_id = $1 AND users.name = $2 LIMIT $3"


@pytest.fixture
def known(pat: Person, ada: Person) -> str:
    """A statement that ada's company sends most."""
    return keep(pat, ada, USERS)


def keep(pat: Person, whose: Person, text: str, verb: str = "select") -> str:
    fingerprint = new_ulid().lower()[-16:]
    pat.world.sql.execute(
        "INSERT INTO query_statements (company_id, fingerprint, text, verb, tables, first_seen_at, last_seen_at) "
        "VALUES (%s, %s, %s, %s, '{users}', now(), now())",
        (pat.company_id, fingerprint, text, verb),
    )
    at = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    pat.world.sql.execute(
        "INSERT INTO query_company_hours (company_id, at, fingerprint, of_company_id, calls, total_us) "
        "VALUES (%s, %s, %s, %s, 10, 1000)",
        (pat.company_id, at, fingerprint, whose.company_id),
    )
    return fingerprint


def explain(person: Person, **body: object):
    return person.ask("POST", PATH, json=body)


def test_a_typed_select_is_planned_where_there_is_no_data(pat: Person):
    answer = explain(pat, query="SELECT name FROM users WHERE email = 'canary-71@example.com' ORDER BY name LIMIT 3")
    assert answer.status_code == 200, answer.text
    told = answer.json
    assert (told["where"], told["isRun"], told["executionMs"]) == ("shadow", False, None)
    assert told["nodes"][0]["name"] == "Limit"
    assert told["nodes"][0]["sentence"] == "Stops after so many rows."
    assert told["plan"]["Plan"]["Node Type"] == "Limit"
    assert "canary" not in answer.text


def test_a_known_statement_is_planned_on_the_server_and_its_plan_is_kept(pat: Person, known: str):
    told = explain(pat, fingerprint=known).json
    assert (told["where"], told["isRun"]) == ("server", False)
    assert "current_setting" in str(told["plan"])
    assert any("inside its company" in node["notes"] for node in told["nodes"])
    rows = pat.world.sql.execute("SELECT how FROM query_plans WHERE fingerprint = %s", (known,)).fetchall()
    assert [row["how"] for row in rows] == ["generic"]


def test_a_known_select_is_run_once_and_no_value_of_a_row_is_kept(pat: Person, ada: Person, known: str):
    answer = explain(pat, fingerprint=known, analyze=True)
    assert answer.status_code == 200, answer.text
    told = answer.json
    assert told["isRun"]
    assert told["executionMs"] >= 0
    assert told["rows"] == 1  # a name was taken from the rows of ada's company, and is there
    assert told["blocks"] > 0
    row = pat.world.sql.execute("SELECT name FROM users WHERE company_id = %s", (ada.company_id,)).fetchone()
    kept = pat.world.sql.execute("SELECT plan::text, how FROM query_plans WHERE fingerprint = %s", (known,)).fetchone()
    assert kept["how"] == "analyze"
    assert row["name"] not in answer.text + kept["plan"]


def test_values_can_be_given_and_are_kept_nowhere(pat: Person, known: str):
    answer = explain(pat, fingerprint=known, analyze=True, values=["1", "canary-72", "5"])
    assert answer.status_code == 200, answer.text
    assert answer.json["rows"] == 0
    assert "canary-72" not in answer.text
    found = pat.world.sql.execute(
        "SELECT count(*) AS n FROM query_plans WHERE plan::text LIKE '%%canary-72%%'"
    ).fetchone()
    assert found["n"] == 0


@pytest.mark.parametrize(
    ("text", "verb"),
    [("UPDATE users SET name = $1 WHERE id = $2", "update"), ("SELECT pg_advisory_lock($1)", "select")],
)
def test_what_does_more_than_read_is_planned_and_never_run(pat: Person, ada: Person, text: str, verb: str):
    fingerprint = keep(pat, ada, text, verb)
    assert explain(pat, fingerprint=fingerprint).status_code == 200
    refused = explain(pat, fingerprint=fingerprint, analyze=True)
    assert (refused.status_code, refused.json["code"]) == (422, "explain-refused")


def test_what_cannot_be_meant_is_said(pat: Person, known: str):
    assert explain(pat).status_code == 422
    assert explain(pat, query="SELECT 1", fingerprint=known).status_code == 422
    assert explain(pat, query="SELECT 1", analyze=True).status_code == 422
    assert explain(pat, fingerprint="nobody-sent-it").status_code == 404
    refused = explain(pat, query="SELECT pg_sleep(9)")
    assert (refused.status_code, refused.json["code"]) == (422, "explain-refused")
    failed = explain(pat, query="SELECT nothing_of_it FROM users")
    assert failed.json["code"] == "explain-failed"
    assert failed.json["sqlstate"] == "42703"
    assert "It names the column nothing_of_it, which is not there." in failed.json["detail"]


def test_only_platform_admins_ask(ada: Person, sam: Person, known: str):
    for person in (ada, sam):
        assert explain(person, query="SELECT 1").status_code == 403
        assert person.get("/slow-queries/explain").status_code == 403
        for act in ("plan", "trial"):
            answer = person.post(f"/slow-queries/{known}/{act}", data={"idempotency_key": new_ulid()})
            assert answer.status_code == 403


def test_asking_is_in_the_audit_without_a_value(pat: Person, known: str):
    explain(pat, query="SELECT id FROM users WHERE name = 'canary-73'")
    explain(pat, fingerprint=known, analyze=True)
    rows = pat.world.sql.execute(
        "SELECT data FROM outbox WHERE type = 'statement.explained' UNION ALL "
        "SELECT data FROM event_log WHERE type = 'statement.explained'"
    ).fetchall()
    assert {"typed", "analyze"} <= {row["data"]["how"] for row in rows}
    assert "canary-73" not in str(rows)


def test_the_page_plans_what_is_typed_and_says_what_is_refused(pat: Person):
    assert '<textarea class="input input--mono"' in pat.get("/slow-queries/explain").text
    text = "SELECT name FROM users ORDER BY name"
    shown = pat.post("/slow-queries/explain", data={"query": text, "idempotency_key": new_ulid()})
    assert shown.status_code == 200
    assert 'class="table table--tight plan"' in shown.text
    assert text in shown.text
    refused = pat.post("/slow-queries/explain", data={"query": "DROP TABLE users", "idempotency_key": new_ulid()})
    assert refused.status_code == 422
    assert "Only SELECT, INSERT, UPDATE, DELETE and MERGE have a plan." in refused.text
    assert pat.post("/slow-queries/explain", data={"query": "", "idempotency_key": new_ulid()}).status_code == 422


def test_a_statements_page_shows_its_plan_when_it_was_run_and_what_differs(pat: Person, known: str):
    path = f"/slow-queries/{known}"
    assert "No plan is known yet." in pat.get(path).text
    for act, which in (("plan", "now"), ("trial", "run")):
        answer = pat.post(f"{path}/{act}", data={"idempotency_key": new_ulid()})
        assert answer.status_code == 303
        assert f"plan={which}" in answer.location
    page = pat.get(f"{path}?plan=run").text
    assert "Own time" in page
    assert "Own cost" in pat.get(path).text
    pat.world.sql.execute(
        "INSERT INTO query_plans (company_id, id, fingerprint, structure, how, plan, cost, taken_at, last_seen_at) SELECT "
        "company_id, id || 'x', fingerprint, 'other', how, %s, cost, taken_at, last_seen_at - interval '1 day' "
        "FROM query_plans WHERE fingerprint = %s AND how = 'generic'",
        ('{"Plan": {"Node Type": "Seq Scan", "Relation Name": "users", "Plan Rows": 1, "Total Cost": 2}}', known),
    )
    both = pat.get(f"{path}?plan=diff").text
    assert "What is new in the plan and what is gone" in both
    assert "Sequential scan" in both


def test_asking_again_keeps_one_plan(pat: Person, known: str):
    for _ in range(2):
        assert pat.post(f"/slow-queries/{known}/plan").status_code == 303
    row = pat.world.sql.execute("SELECT count(*) AS n FROM query_plans WHERE fingerprint = %s", (known,)).fetchone()
    assert row["n"] == 1


def test_no_transaction_waits_for_the_planner(pat: Person, monkeypatch: pytest.MonkeyPatch):
    held = []
    real = cluster.reach

    def look_first(settings: Settings) -> Address:
        query = (
            "SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'"
        )
        held.append(pat.world.sql.execute(query).fetchone()["n"])
        return real(settings)

    monkeypatch.setattr(cluster, "reach", look_first)
    for more in ({}, {"headers": {"Idempotency-Key": new_ulid()}}):
        assert pat.ask("POST", PATH, json={"query": "SELECT 1"}, **more).status_code == 200
    assert (
        pat.post("/slow-queries/explain", data={"query": "SELECT 1", "idempotency_key": new_ulid()}).status_code == 200
    )
    assert held == [0, 0, 0]
