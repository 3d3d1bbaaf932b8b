"""Marking a statement as known: nobody is told of it until its plan changes; it can be undone."""

from html import unescape

import pytest

from app.core.ids import new_ulid
from tests.queries.pages.given import Sent, forget_all, row_of, sent
from tests.world import Person

WHY = "It runs once a month"


def mark(pat: Person, one: Sent, reason: str = WHY):
    return pat.post(f"{one.path}/known", data={"reason": reason, "idempotency_key": new_ulid()})


def test_it_stays_in_the_list_but_leads_no_sentence_and_can_be_undone(pat: Person) -> None:
    forget_all(pat)
    one = sent(pat).called(30_000, 3, timeouts=3)
    assert mark(pat, one).status_code == 303
    html = pat.get(one.path).text
    assert f"Platform Admin marked it as known: “{WHY}”" in html
    listed = pat.get("/slow-queries").text
    assert "known" in row_of(listed, one)
    assert "ran out of time" not in listed.split('id="verdict"')[1].split("</p>")[0]
    undo = unescape(html.split('action="', 1)[0] and html.split("known/undo")[1].split('"')[0])
    assert pat.post(f"{one.path}/known/undo{undo}", data={"idempotency_key": new_ulid()}).status_code == 303
    assert "were stopped by a time limit" in pat.get(one.path).text
    assert "marked it as known" in pat.get(one.path).text  # its story keeps both


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501])
def test_it_wants_a_reason(pat: Person, reason: str) -> None:
    one = sent(pat).called(5, 3)
    answer = mark(pat, one, reason)
    assert answer.status_code == 422
    assert "aria-invalid" in answer.text
    assert pat.get(f"{one.path}/known").status_code == 200


def test_the_same_goes_as_json_and_a_repeat_changes_nothing(pat: Person) -> None:
    one = sent(pat).called(5, 3)
    path = f"/api/query-optimizer/statements/{one.fingerprint}"
    for _ in range(2):
        assert pat.put(f"{path}/known", json={"reason": WHY}).status_code == 204
    told = pat.get(path).json
    assert (told["knownReason"], told["knownBy"]) == (WHY, "Platform Admin")
    for _ in range(2):
        assert pat.delete(f"{path}/known").status_code == 204
    assert pat.get(path).json["knownAt"] is None
    assert pat.put(f"{path}/known", json={}).status_code == 422


def test_it_is_in_the_audit(pat: Person, rows_told) -> None:
    one = sent(pat).called(5, 3)
    mark(pat, one)
    [told] = rows_told("statement.known", one.fingerprint)
    assert told["data"]["reason"] == WHY


def test_others_may_not(pat: Person, ada: Person) -> None:
    one = sent(pat).called(5, 3)
    assert mark(ada, one).status_code == 403
    assert ada.put(f"/api/query-optimizer/statements/{one.fingerprint}/known", json={"reason": WHY}).status_code == 403
    nobody = f"/slow-queries/{new_ulid().lower()}/known"
    assert pat.post(nobody, data={"reason": WHY, "idempotency_key": new_ulid()}).status_code == 404
