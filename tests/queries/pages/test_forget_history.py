"""Forgetting: what we measured goes, after a reason; PostgreSQL's own counters are never touched."""

import re
from pathlib import Path

import psycopg
import pytest

from tests.queries.pages.given import MINUTE, forget_all, sent
from tests.world import Person

ROOT = Path(__file__).parents[3]
PATH = "/api/query-optimizer/metrics"


def test_what_was_measured_is_gone_and_the_texts_stay(pat: Person, rows_told) -> None:
    one = sent(pat).called(500, 40).from_line("orders.list_orders").repeated(26).sampled("slow", 500)
    assert pat.delete(PATH, json={"reason": "A load test ran"}).status_code == 204
    assert pat.get(PATH).json["calls"] == 0
    told = pat.get(f"/api/query-optimizer/statements/{one.fingerprint}").json
    assert (told["calls"], told["samples"], told["calledFrom"]) == (0, [], [])
    assert rows_told("statements.forgotten")[-1]["data"]["reason"] == "A load test ran"
    assert pat.delete(PATH, json={"reason": "Again"}).status_code == 204


def test_pages_and_health_say_that_it_was_emptied_and_by_whom(pat: Person) -> None:
    forget_all(pat)
    # An installation of the last five minutes is only said to start.
    pat.world.sql.execute(
        "UPDATE companies SET created_at = now() - interval '1 hour' WHERE id = %s", (pat.company_id,)
    )
    one = sent(pat).called(500, 40, ago=20 * MINUTE).sampled("slow", 500)
    assert "last written down 2" in pat.get("/api/query-optimizer/health").json["problems"][0]
    pat.delete(PATH, json={"reason": "A load test ran"})
    told = pat.get("/api/query-optimizer/health").json
    assert told["status"] != "down", told
    assert not [said for said in told["problems"] if "written down" in said]
    assert "· emptied by " in pat.get("/slow-queries").text.split('id="basis"')[1].split("</p>")[0]
    html = pat.get(one.path).text
    assert " deleted what was measured" in html.split("None is kept since")[1]
    assert "0.0 ms" not in html.split('aria-label="Figures"')[1].split("</section>")[0]
    pat.world.sql.execute("UPDATE query_changes SET at = now() - interval '7 minutes' WHERE kind = 'forgotten'")
    told = pat.get("/api/query-optimizer/health").json
    assert told["status"] == "down"
    assert "was not written down since " in told["problems"][0]
    assert "emptied it 7 min" in told["problems"][0]


def test_it_wants_a_reason_and_the_right_to_destroy(pat: Person, ada: Person) -> None:
    assert pat.delete(PATH, json={}).status_code == 422
    assert ada.delete(PATH, json={"reason": "Curious"}).status_code == 403


def test_the_database_itself_refuses_a_tenant(ada: Person, urls: dict[str, str]) -> None:
    with psycopg.connect(urls["DATABASE_URL"].replace("+psycopg", "")) as connection:
        connection.execute("SELECT set_config('qd.company_id', %s, true)", (str(ada.company_id),))
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT forget_query_history()")


def test_nothing_of_ours_resets_the_servers_counters() -> None:
    files = [*(ROOT / "app").rglob("*.py"), *(ROOT / "migrations").rglob("*.py"), *(ROOT / "bin").glob("*")]
    calls = [
        path
        for path in files
        if path.is_file() and re.search(r"pg_stat_\w*reset\w*\s*\(", path.read_text(errors="ignore"))
    ]
    assert calls == []
