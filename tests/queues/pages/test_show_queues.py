"""The page of all queues, and the same as JSON."""

import json
from datetime import timedelta

import pytest

from app.core import clock
from app.core.broker import QUEUES
from app.core.ids import new_ulid
from app.queues.reconcile import Finding, keep, recent_findings
from app.queues.views.drawing import chart_of, nice_top
from tests.queues.pages.board import QUEUE, know_holds, let_wait, look_at_queues, paused, row_of
from tests.world import Person, World


def test_the_page_lists_every_queue_with_its_figures(pat: Person, ada: Person) -> None:
    let_wait(ada, 2)
    look_at_queues(pat)
    html = pat.get("/queues").text
    for queue in QUEUES:
        assert f'id="queue-{queue}"' in html
    row = row_of(html, f"queue-{QUEUE}")
    assert "Pause" in row
    assert "Purge maintenance…" in row
    assert f"{len(QUEUES)}, worst first" in html
    assert "Same figures as a table" in html


def test_a_reread_gets_the_live_parts_in_one_answer(pat: Person) -> None:
    look_at_queues(pat)
    whole, part = pat.get("/queues").text, pat.fragment("/queues").text
    assert "<html" in whole
    assert "<html" not in part
    for part_id in ("verdict", "basis", "paused", "waiting", "queues", "failures", "found"):
        assert f'id="{part_id}"' in part
    assert 'data-live-refresh="5"' in part


def test_what_was_found_lost_is_told_with_its_evidence(pat: Person) -> None:
    found = Finding(
        new_ulid(), 1, "mail.send", "email", "lost", ["Its message stands nowhere."], clock.rfc3339(clock.now())
    )
    with pat.app.app_context():
        keep([found])
        assert (recent_findings() or [])[0] == found
    look_at_queues(pat)
    for html in (pat.get("/queues").text, pat.fragment("/queues").text):
        part = html.split('id="found"')[1].split("</section>")[0]
        assert "Its message stands nowhere." in part
        assert found.job_id in part
        assert "Sent again" in part


def test_a_queue_behind_its_target_comes_first_and_marks_the_rail(pat: Person, ada: Person, world: World) -> None:
    ids = let_wait(ada, 3)
    world.sql.execute("UPDATE job_outbox SET due_at = now() - interval '3 days' WHERE job_id = ANY(%s)", (ids,))
    look_at_queues(pat)
    pat.app.extensions.pop("quarterdeck-queues-mark", None)
    html = pat.get("/queues").text
    assert "Behind" in row_of(html, f"queue-{QUEUE}")
    assert html.index(f'id="queue-{QUEUE}"') < html.index('id="queue-cleanup"')
    assert "behind" in html.split('id="verdict"')[1].split("</p>")[0]
    assert " behind " in html.split('id="rail"')[1].split("</nav>")[0]


def test_a_paused_queue_says_who_why_and_until_when_on_every_page(pat: Person) -> None:
    with paused(pat, "cache", reason="The store moves", forS=3600):
        for path in ("/queues", "/queues/email", "/queues/pauses"):
            html = pat.get(path).text
            assert "The store moves" in html, path
        html = pat.get("/queues").text
        assert "Paused to " in row_of(html, "queue-cache")
        assert "Resume" in row_of(html, "queue-cache")
        assert f"Paused by {pat.name} until" in html


@pytest.mark.parametrize("window", ["1h", "3h", "24h", "nonsense"])
def test_the_chart_has_its_windows(pat: Person, window: str) -> None:
    look_at_queues(pat)
    html = pat.get(f"/queues?window={window}").text
    current = html.split('aria-label="Window"')[1].split("</div>")[0]
    assert current.count('aria-current="true"') == 1
    assert (window if window != "nonsense" else "3h") in current.split('aria-current="true"')[0].rpartition("<a")[2]


def test_the_chart_names_what_is_urgent_and_adds_up_the_rest() -> None:
    end = clock.now()
    history = {"a": [0, 10, 64], "b": [1, 2, 3], "c": [4, 4, 4]}
    chart = chart_of(history, {"a": "bad"}, end - timedelta(hours=3), end, 3, {"b": end - timedelta(hours=1.5)})
    assert chart is not None
    assert [(line.name, line.tone, line.now) for line in chart.lines] == [("the other 2", "soft", 7), ("a", "bad", 64)]
    assert (chart.bands[0].name, round(chart.bands[0].x)) == ("b", 50)
    assert chart.marks[0] == (0.0, "80")
    assert "a from 0 to 64" in chart.label
    assert chart_of({"a": [1]}, {}, end - timedelta(hours=1), end, 1, {}) is None


def test_the_chart_draws_nothing_where_nobody_looked_and_tells_lines_apart() -> None:
    end = clock.now()
    history = {"a": [None, None, 8, 8, None, 8, 7], "b": [None, None, 7, 7, None, 8, 7], "c": [None] * 2 + [0] * 5}
    chart = chart_of(history, {"a": "bad", "b": "bad"}, end - timedelta(hours=3), end, 3, {})
    assert chart is not None
    lines = {line.name: line for line in chart.lines}
    assert lines["a"].points == ["300,0 450,0", "750,0 900,22"]
    assert lines["a"].dash != lines["b"].dash
    assert abs(lines["a"].label_dy - lines["b"].label_dy) >= 13
    assert chart.rows[0][1] == [None, None, None]
    assert chart_of({"a": [None, None]}, {}, end - timedelta(hours=1), end, 1, {}) is None


@pytest.mark.parametrize(("most", "top"), [(0, 4), (4, 4), (5, 8), (64, 80), (212, 240), (3000, 3200)])
def test_the_axis_ends_in_a_round_figure(most: int, top: int) -> None:
    assert nice_top(most) == top


def test_the_same_is_told_as_json(pat: Person) -> None:
    look_at_queues(pat)
    told = pat.get("/api/queues").json
    assert {one["name"] for one in told["items"]} == set(QUEUES)
    assert told["verdict"]
    one = pat.get(f"/api/queues/{QUEUE}?window=24h").json
    assert (one["name"], one["window"]) == (QUEUE, "24h")
    assert {"types", "companies", "kept", "hold"} <= set(one)


MANY = 4_100_000  # more than any other test: only the largest groups stand there


def test_failures_that_are_alike_stand_below(pat: Person, ada: Person, world: World) -> None:
    signature, platform = new_ulid(), world.sql.execute("SELECT id FROM companies WHERE slug = 'platform'").fetchone()
    assert platform is not None
    for whose in (platform["id"], ada.company_id):
        world.sql.execute(
            "INSERT INTO job_minutes (company_id, at, queue, name, failed, failures) VALUES "
            "(%s, date_trunc('minute', now()) - interval '4 minutes', 'cache', %s, %s, %s)",
            (whose, f"chore.{signature.lower()}", MANY, json.dumps({signature: MANY})),
        )
        world.sql.execute(
            "INSERT INTO failure_groups (company_id, signature, name, queue, error_type, error, first_seen, last_seen, total) "
            "VALUES (%s, %s, 'chore.fail', 'cache', 'QueryCanceled', 'Statement timeout', now(), now(), %s)",
            (whose, signature, MANY),
        )
    try:
        html = pat.get("/queues").text
    finally:
        world.sql.execute("DELETE FROM job_minutes WHERE name = %s", (f"chore.{signature.lower()}",))
        world.sql.execute("DELETE FROM failure_groups WHERE signature = %s", (signature,))
    row = row_of(html, f"failure-{signature}")
    assert "Statement timeout" in row
    assert f"{MANY:,}" in row
    assert "All failures" in html


def test_the_old_address_leads_there(pat: Person) -> None:
    answer = pat.get("/admin/queues")
    assert (answer.status_code, answer.location) == (301, "/queues")


def test_nobody_but_platform_admins_sees_them(ada: Person, sam: Person, vera: Person) -> None:
    for person in (ada, sam, vera):
        for path in ("/queues", "/admin/queues", "/api/queues", f"/api/queues/{QUEUE}", "/api/queues/pauses"):
            assert person.get(path).status_code == 403, path
        assert 'href="/queues"' not in person.get("/orders").text


def test_without_a_look_the_page_says_that_the_relay_is_away(pat: Person, world: World) -> None:
    world.sql.execute("DELETE FROM queue_samples")
    assert "start it with bin/up" in pat.get("/queues").text


def test_a_paused_name_is_held_on_purpose_and_says_by_whom(pat: Person, ada: Person, world: World) -> None:
    world.sql.execute("DELETE FROM job_outbox WHERE queue = %s", (QUEUE,))
    ids = let_wait(ada, 3)
    world.sql.execute("UPDATE job_outbox SET due_at = now() - interval '3 days' WHERE job_id = ANY(%s)", (ids,))
    made = pat.post("/api/queues/pauses", json={"kind": "name", "value": "chore.count"})
    assert made.status_code in {200, 201}, made.text
    try:
        know_holds(pat)
        look_at_queues(pat)
        row = row_of(pat.get("/queues").text, f"queue-{QUEUE}")
        assert "Behind" not in row
        assert "3 held" in row
        said = pat.get(f"/queues/{QUEUE}").text.split('id="verdict"')[1].split("</p>")[0]
        assert f"3 held: chore.count paused by {pat.name}." in said
        [told] = [one for one in pat.get("/api/queues/health").json["queues"] if one["name"] == QUEUE]
        assert (told["state"], told["waiting"]) == ("held", 0)
    finally:
        pat.delete(f"/api/queues/pauses/{made.json['id']}")
        know_holds(pat)


def test_what_nobody_has_looked_at_for_half_a_minute_is_unknown(pat: Person, ada: Person, world: World) -> None:
    let_wait(ada, 2)
    look_at_queues(pat)
    world.sql.execute("UPDATE queue_samples SET sampled_at = sampled_at - interval '40 s'")
    row = row_of(pat.get("/queues").text, f"queue-{QUEUE}")
    assert "Unknown" in row
    assert "On time" not in row
    assert "–</td>" in row
    assert "unknown" in pat.get(f"/queues/{QUEUE}").text.split('id="verdict"')[1].split("</p>")[0]
    told = {one["name"]: one["state"] for one in pat.get("/api/queues/stats").json["queues"]}
    assert told[QUEUE] == "unknown"
    look_at_queues(pat)
