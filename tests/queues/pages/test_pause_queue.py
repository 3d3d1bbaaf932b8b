"""Pausing and resuming by forms and JSON: at once, with Undo, with reason and end, by queue, name and company."""

import re
from datetime import timedelta

import pytest

from app.core import clock
from app.queues.views.pauses import read_until, spans
from tests.queues.pages.board import know_holds, let_flow, paused
from tests.world import Person

QUEUE = "cache"  # nothing of the tests runs there


def undo_of(html: str) -> str:
    found = re.search(r'action="(/queues/pauses/undo\?before=[^"]+)"', html)
    assert found is not None
    return found[1].replace("&amp;", "&")


def test_one_click_pauses_for_an_hour_and_undo_lets_it_flow(pat: Person) -> None:
    let_flow(pat, QUEUE)
    answer = pat.post(f"/queues/{QUEUE}/pause")
    assert (answer.status_code, answer.location) == (303, f"/queues/{QUEUE}")
    know_holds(pat)
    html = pat.get(answer.location).text
    assert f"{QUEUE} is paused until" in html
    assert "Resume" in html
    assert pat.post(undo_of(html)).status_code == 303
    know_holds(pat)
    assert f"{QUEUE} flows again." in pat.get(f"/queues/{QUEUE}").text
    assert not [one for one in pat.get("/api/queues/pauses").json["items"] if one["value"] == QUEUE]


def test_undoing_a_resume_brings_the_same_pause_back(pat: Person) -> None:
    with paused(pat, QUEUE, reason="The store moves", forS=7200):
        answer = pat.post(f"/queues/{QUEUE}/resume")
        assert answer.status_code == 303
        assert pat.post(undo_of(pat.get(answer.location).text)).status_code == 303
        [one] = [one for one in pat.get("/api/queues/pauses").json["items"] if one["value"] == QUEUE]
        assert one["reason"] == "The store moves"
        assert one["until"] is not None


def test_an_act_leads_back_to_the_page_it_was_done_on(pat: Person) -> None:
    referrer = {"Referer": "http://localhost/queues?window=24h"}
    try:
        assert pat.post(f"/queues/{QUEUE}/pause", headers=referrer).location == "/queues?window=24h"
        elsewhere = {"Referer": "http://evil.test/queues"}
        assert pat.post(f"/queues/{QUEUE}/resume", headers=elsewhere).location == f"/queues/{QUEUE}"
    finally:
        let_flow(pat, QUEUE)


def test_for_how_long_and_why_is_asked(pat: Person) -> None:
    page = pat.get(f"/queues/{QUEUE}/pause").text
    for words in ("15 minutes", "1 hour", "Until ", "Until somebody resumes"):
        assert words in page
    try:
        answer = pat.post(f"/queues/{QUEUE}/pause", data={"for_s": "", "reason": "Moving house"})
        assert answer.status_code == 303
        html = pat.get("/queues").text
        assert "until somebody resumes: “Moving house”" in html
    finally:
        let_flow(pat, QUEUE)


@pytest.mark.parametrize("for_s", ["soon", "-5", "99999999", "at:yesterday", "9" * 40])
def test_an_end_nobody_can_mean_is_asked_again(pat: Person, for_s: str) -> None:
    answer = pat.post(f"/queues/{QUEUE}/pause", data={"for_s": for_s, "reason": "kept as typed"})
    assert answer.status_code == 422
    assert "kept as typed" in answer.text
    assert not [one for one in pat.get("/api/queues/pauses").json["items"] if one["value"] == QUEUE]


def test_a_job_name_and_a_company_are_paused_on_their_own_page(pat: Person, ada: Person) -> None:
    for kind, value in (("name", "chore.count"), ("company", ada.company_slug)):
        answer = pat.post("/queues/pauses", data={"kind": kind, kind: value, "for_s": "900", "reason": f"By {kind}"})
        assert (answer.status_code, answer.location) == (303, "/queues/pauses"), answer.text
        html = pat.get("/queues/pauses").text
        assert f"By {kind}" in html
        [one] = [one for one in pat.get("/api/queues/pauses").json["items"] if one["value"] == value]
        assert pat.post(f"/queues/pauses/{one['id']}/resume").status_code == 303
        assert pat.post(f"/queues/pauses/{one['id']}/resume").status_code == 404
    know_holds(pat)


@pytest.mark.parametrize(("kind", "value"), [("name", "no.such"), ("company", "nobody-here"), ("planet", "mars")])
def test_what_does_not_exist_is_said_beside_its_field(pat: Person, kind: str, value: str) -> None:
    answer = pat.post("/queues/pauses", data={"kind": kind, kind: value, "for_s": "900"})
    assert answer.status_code == 422
    assert "Nothing was paused" in answer.text


def test_the_same_by_json(pat: Person) -> None:
    until = (clock.now() + timedelta(hours=1)).isoformat()
    made = pat.post("/api/queues/pauses", json={"kind": "queue", "value": QUEUE, "reason": "x", "until": until})
    assert made.status_code == 201, made.text
    again = pat.post(f"/api/queues/{QUEUE}/pause", json={"reason": "y"})
    assert (again.json["id"], again.json["reason"], again.json["until"]) == (made.json["id"], "y", None)
    assert pat.delete(f"/api/queues/pauses/{made.json['id']}").status_code == 204
    assert pat.delete(f"/api/queues/pauses/{made.json['id']}").status_code == 404
    assert pat.delete(f"/api/queues/{QUEUE}/pause").status_code == 204
    both = pat.post(f"/api/queues/{QUEUE}/pause", json={"until": until, "forS": 5})
    assert both.status_code == 422
    assert pat.post("/api/queues/no-such/pause", json={}).status_code == 404
    know_holds(pat)


def test_a_repeated_click_pauses_once(pat: Person) -> None:
    try:
        form = {"idempotency_key": f"pause-{clock.now().timestamp()}", "reason": "Once"}
        first, second = (pat.post(f"/queues/{QUEUE}/pause", data=form) for _ in range(2))
        assert (first.status_code, first.location) == (second.status_code, second.location)
    finally:
        let_flow(pat, QUEUE)


def test_a_page_without_pauses_teaches_what_they_are(pat: Person) -> None:
    html = pat.get("/queues/pauses").text
    assert "Pause something" in html
    assert "no restart of a worker" in html


def test_an_undo_that_was_made_by_hand_is_refused(pat: Person) -> None:
    assert pat.post("/queues/pauses/undo?before=made-up").status_code == 400


def test_nobody_else_may(ada: Person, sam: Person, vera: Person) -> None:
    for person in (ada, sam, vera):
        for path in (f"/queues/{QUEUE}/pause", f"/queues/{QUEUE}/resume", "/queues/pauses", "/queues/pauses/undo"):
            assert person.post(path, data={}).status_code == 403, path
        assert person.get("/queues/pauses").status_code == 403
        assert person.post(f"/api/queues/{QUEUE}/pause", json={}).status_code == 403
        assert person.delete(f"/api/queues/{QUEUE}/pause").status_code == 403
        assert person.post("/api/queues/pauses", json={"kind": "queue", "value": QUEUE}).status_code == 403


def test_a_queue_nobody_has_is_not_found(pat: Person) -> None:
    for path in ("pause", "resume"):
        assert pat.post(f"/queues/no-such/{path}").status_code == 404


def test_the_convenient_hour_is_a_full_one_ahead(pat: Person) -> None:
    with pat.app.test_request_context():
        now = clock.now()
        value = next(key for key, label in spans(now) if key.startswith("at:"))
        until = read_until(value, now)
    assert until is not None
    assert (until.minute, until.second) == (0, 0)
    assert timedelta(hours=1) < until - now <= timedelta(hours=2)
