"""What PostgreSQL ran that the app never measured, and how statements were planned: pages and JSON."""

import json
from typing import Any

from app.queries.plans.capture import capture


def test_the_page_and_the_json_show_what_others_sent(pat: Any, root: Any, read: Any, name: str):
    read()
    root.execute(f"SELECT count(*), pg_sleep(0.2) FROM {name} WHERE word = 'canary'")
    read()
    page = pat.get("/slow-queries/outside")
    assert page.status_code == 200
    assert name in page.text
    assert "postgres" in page.text
    assert "canary" not in page.text
    answer = pat.get("/api/query-optimizer/server?window=24h")
    assert answer.status_code == 200
    [one] = [one for one in answer.json["items"] if f"FROM {name}" in one["text"]]
    assert one["roles"] == ["postgres"]
    assert one["figures"]["calls"] == 1
    assert [type(each) for each in one["figures"]["queryids"]] == [str]
    assert answer.json["readAt"]
    assert [notice for notice in answer.json["notices"] if notice["isSerious"]] == []
    assert pat.fragment("/slow-queries/outside").status_code == 200


def test_plans_over_time_are_json_with_the_whole_plan(pat: Any, app: Any, root: Any, known: Any, name: str):
    root.execute(f"INSERT INTO {name} SELECT 'w' || g FROM generate_series(1, 20000) g")
    root.execute(f"ANALYZE {name}")
    fingerprint = known(f"SELECT word FROM {name} WHERE word = %(word)s")
    with app.app_context():
        capture(fingerprint)
        root.execute(f"CREATE INDEX ix_{name} ON {name} (word)")
        capture(fingerprint)
    answer = pat.get(f"/api/query-optimizer/statements/{fingerprint}/plans").json
    assert [one["how"] for one in answer["items"]] == ["generic", "generic"]
    assert "Plan" in answer["items"][0]["plan"]
    [change] = answer["changes"]
    assert [change["detail"]["to"], change["detail"]["from"]] == [one["id"] for one in answer["items"]]
    assert json.dumps(answer).count(f"ix_{name}") >= 2


def test_a_statement_nobody_planned_has_no_plans(pat: Any):
    assert pat.get("/api/query-optimizer/statements/0123456789abcdef/plans").json == {"items": [], "changes": []}


def test_only_the_platform_sees_it(ada: Any, vera: Any):
    for person in (ada, vera):
        for path in ("/slow-queries/outside", "/api/query-optimizer/server", "/api/query-optimizer/statements/x/plans"):
            assert person.get(path).status_code == 403
