"""What runs now: without values, by its fingerprint where it is kept, and to platform admins alone."""

import re
from datetime import datetime
from typing import Any

import pytest

from app.queries.watch.fingerprint import read_statement
from tests.queries.panels.backends import holding, of_pid, started, waiting, watched_by
from tests.site import wait_for
from tests.world import Person

SECRET = "a-value-nobody-may-see"


@pytest.fixture
def app_url(urls: dict[str, str]) -> str:
    """The application's own login."""
    return urls["DATABASE_URL"]


def activity(pat: Person) -> list[dict[str, Any]]:
    """What runs, as JSON."""
    answer = pat.get("/api/query-optimizer/activity")
    assert answer.status_code == 200, answer.text
    assert answer.json["missing"] == ""
    items: list[dict[str, Any]] = answer.json["items"]
    return items


def test_a_statement_that_runs_is_shown_without_its_values(pat, world, app_url):
    statement = f"SELECT '{SECRET}', pg_advisory_xact_lock(7031) /* {SECRET} */"
    with holding(app_url, "SELECT pg_advisory_xact_lock(7031)"), waiting(world.sql, app_url, statement) as pid:
        one = of_pid(activity(pat), pid)
        assert one["statement"] == "SELECT ?, pg_advisory_xact_lock(?)"
        assert (one["state"], one["waitsFor"], one["application"]) == ("active", "Lock: advisory", "waiter")
        page = pat.get("/slow-queries/live").text
        assert f'id="backend-{pid}"' in page
        assert SECRET not in page


def test_instants_are_written_as_everywhere_and_name_a_backend_to_the_microsecond(pat, world, app_url):
    lock = "SELECT pg_advisory_xact_lock(7034)"
    with holding(app_url, lock), waiting(world.sql, app_url, lock) as pid:
        at = of_pid(activity(pat), pid)["started"]
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", at)
        assert datetime.fromisoformat(at) == datetime.fromisoformat(started(world.sql, pid))
        sent = {"started": at, "reason": "It hangs"}
        assert pat.post(f"/api/query-optimizer/activity/{pid}/cancellation", json=sent).status_code == 200


def test_a_transaction_that_is_open_and_idle_is_shown_after_a_moment(pat, app_url):
    with holding(app_url, "SELECT 1") as holder:
        pid = holder.info.backend_pid
        wait_for(lambda: any(one["pid"] == pid for one in activity(pat)))
        one = of_pid(activity(pat), pid)
        assert (one["state"], one["holdsUp"], one["mayBeStopped"]) == ("idle in transaction", 0, True)
        assert one["transactionS"] >= 1


def test_a_statement_that_was_measured_is_shown_whole_and_leads_to_its_page_though_it_never_ended(pat, world, app_url):
    fingerprint = read_statement("SELECT pg_advisory_xact_lock(1)").fingerprint
    world.sql.execute(
        "INSERT INTO query_statements (company_id, fingerprint, text, verb, tables, first_seen_at, last_seen_at) "
        "VALUES (%s, %s, 'SELECT pg_advisory_xact_lock($1) /* kept */', 'select', '{}', now(), now()) "
        "ON CONFLICT (company_id, fingerprint) DO UPDATE SET text = excluded.text",
        (pat.company_id, fingerprint),
    )
    lock = "SELECT pg_advisory_xact_lock(7032)"
    with holding(app_url, lock), waiting(world.sql, app_url, lock) as pid:
        one = of_pid(activity(pat), pid)
        assert (one["statement"], one["fingerprint"]) == ("SELECT pg_advisory_xact_lock($1) /* kept */", fingerprint)
        assert f"/slow-queries/{fingerprint}" in pat.get("/slow-queries/live").text
    world.sql.execute("DELETE FROM query_statements WHERE fingerprint = %s", (fingerprint,))


def test_a_statement_that_only_postgresql_counted_is_shown_whole(pat, world, app_url):
    lock = "SELECT pg_advisory_xact_lock(7033), 1 AS only_counted"
    with holding(app_url, lock), waiting(world.sql, app_url, lock) as pid:
        queryid = of_pid(activity(pat), pid)["queryid"]
        assert isinstance(queryid, str)
        world.sql.execute(
            "INSERT INTO server_statements (company_id, key, queryid, role, is_toplevel, text, first_seen_at, "
            "last_seen_at) VALUES (%s, %s, %s, 'qd_app', true, 'SELECT $1 AS counted', now(), now())",
            (pat.company_id, f"1:{queryid}:true", queryid),
        )
        one = of_pid(activity(pat), pid)
        assert (one["statement"], one["fingerprint"]) == ("SELECT $1 AS counted", "")
        world.sql.execute("DELETE FROM server_statements WHERE queryid = %s", (queryid,))


def test_a_part_of_the_page_can_be_read_again(pat):
    part = pat.fragment("/slow-queries/live").text
    assert 'id="running"' in part
    assert "<html" not in part


@pytest.mark.parametrize("path", ["/slow-queries/live", "/api/query-optimizer/activity", "/api/query-optimizer/locks"])
def test_people_of_companies_may_not_see_it(ada, vera, path):
    for person in (ada, vera):
        assert person.get(path).status_code == 403


def test_without_a_login_that_watches_the_page_says_so(app, pat, monkeypatch):
    monkeypatch.setitem(app.config, "SETTINGS", watched_by(app.config["SETTINGS"], None))
    answer = pat.get("/slow-queries/live")
    assert answer.status_code == 200
    assert "DATABASE_MONITOR_URL is not set" in answer.text
    assert "DATABASE_MONITOR_URL" in pat.get("/api/query-optimizer/activity").json["missing"]


def test_a_login_that_sees_only_itself_names_the_right_it_lacks(app, pat, urls, app_url, monkeypatch):
    monkeypatch.setitem(app.config, "SETTINGS", watched_by(app.config["SETTINGS"], urls["DATABASE_PLATFORM_URL"]))
    with holding(app_url, "SELECT 1"):
        found = pat.get("/api/query-optimizer/activity").json
        assert found["items"] == []
        assert found["mend"] == "GRANT pg_read_all_stats TO qd_platform;"
        page = pat.get("/slow-queries/live").text
        assert "GRANT pg_read_all_stats TO qd_platform;" in page
        assert "Nothing runs at this moment" not in page
