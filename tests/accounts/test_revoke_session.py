"""Ending sessions: final at once, whoever is in the middle of a request."""

import threading

import pytest
from flask import Flask, session

from app.accounts import gate, session_store
from app.accounts.sessions import current_session
from tests.accounts.conftest import Sql, browser, cookie_of, facts
from tests.world import Person


def sessions_of(sql: Sql, person: Person) -> list[str]:
    rows = sql("SELECT id FROM sessions WHERE user_id = %s AND revoked_at IS NULL ORDER BY id", person.id)
    return [row["id"] for row in rows]


def test_one_s_own_other_browser(app: Flask, ada: Person, sql: Sql) -> None:
    other = browser(app, ada)
    (first,) = sessions_of(sql, ada)
    assert ada.post(f"/sessions/{first}/revocation").status_code == 303
    assert other.get("/api/user").status_code == 401
    assert ada.get("/api/user").status_code == 200
    assert ada.delete(f"/api/sessions/{first}").status_code == 404


def test_all_one_s_others(app: Flask, ada: Person) -> None:
    others = [browser(app, ada) for _ in range(3)]
    ada.get("/api/user")
    assert ada.delete("/api/sessions").json == {"revoked": 3}
    assert [client.get("/api/user").status_code for client in others] == [401] * 3
    assert ada.post("/sessions/revocations").status_code == 303
    assert ada.get("/api/user").status_code == 200


def test_an_admin_ends_a_colleague_s_with_a_reason(ada: Person, sam: Person, sql: Sql) -> None:
    sam.get("/api/user")
    (theirs,) = sessions_of(sql, sam)
    refused = ada.delete(f"/api/sessions/{theirs}")
    assert (refused.status_code, refused.json["code"]) == (422, "reason-needed")
    page = ada.post(f"/sessions/{theirs}/revocation", data={})
    assert page.status_code == 422
    assert "Say why" in page.text
    assert ada.post(f"/sessions/{theirs}/revocation", data={"reason": "lost laptop"}).status_code == 303
    assert sam.client.get("/api/user").status_code == 401
    (row,) = sql("SELECT revoked_reason FROM sessions WHERE id = %s", theirs)
    assert row["revoked_reason"] == "lost laptop"
    (told,) = facts(sql, ada.company_id, "session.revoked")
    assert told == {
        "credential": theirs,
        "user": sam.public_id,
        "kind": "session",
        "reason": "lost laptop",
    }


def test_another_company_s_are_not_there(ada: Person, cleo: Person, sql: Sql) -> None:
    ada.get("/api/user")
    (theirs,) = sessions_of(sql, ada)
    assert cleo.delete(f"/api/sessions/{theirs}?reason=x").status_code == 404
    assert ada.get("/api/user").status_code == 200
    listed = cleo.get("/api/sessions?everyone=true").json["items"]
    assert theirs not in [item["id"] for item in listed]


def test_a_viewer_ends_nobody_else_s(ada: Person, vera: Person, sql: Sql) -> None:
    ada.get("/api/user")
    (theirs,) = sessions_of(sql, ada)
    assert vera.delete(f"/api/sessions/{theirs}?reason=x").status_code == 403
    assert vera.get("/api/sessions?everyone=true").status_code == 403
    assert ada.get("/api/user").status_code == 200


def test_the_list_says_which_one_is_this(app: Flask, ada: Person) -> None:
    browser(app, ada)
    items = ada.get("/api/sessions").json["items"]
    assert [item["isCurrent"] for item in items] == [True, False]
    assert {"userAgent", "ip", "createdAt", "lastSeenAt", "expiresAt", "email"} <= set(items[0])


@pytest.mark.parametrize("_", range(100))
def test_a_request_in_the_middle_of_its_work_brings_nothing_back(app: Flask, ada: Person, sql: Sql, _: int) -> None:
    session_id = cookie_of(browser(app, ada))
    revoked, loaded = threading.Event(), threading.Event()
    answers = []

    def work() -> None:
        with app.test_request_context(headers={"Cookie": f"qd={session_id}"}):
            session["said"] = "in the middle"
            loaded.set()
            assert revoked.wait(10)
            answers.append(app.process_response(app.make_response("")))

    thread = threading.Thread(target=work)
    thread.start()
    assert loaded.wait(10)
    sql("UPDATE sessions SET revoked_at = now() WHERE user_id = %s", ada.id)
    revoked.set()
    thread.join(10)
    assert "qd=;" in answers[0].headers["Set-Cookie"]
    client = app.test_client()
    client.set_cookie("qd", session_id)
    assert client.get("/api/user").status_code == 401
    assert sessions_of(sql, ada) == []


def test_an_id_that_was_replaced_is_dead_but_its_late_requests_take_no_cookie_away(app: Flask, ada: Person) -> None:
    client = browser(app, ada)
    old = cookie_of(client)
    with app.test_request_context(headers={"Cookie": f"qd={old}"}):
        live = current_session().live
        assert live is not None
        with app.app_context():
            opened = session_store.rekey(live, {}, acting=None)
        assert opened is not None
        assert gate.find_session(old) is None
        assert gate.find_session(opened.id) is not None
    late = client.get("/api/user")
    assert late.status_code == 401
    assert "Set-Cookie" not in late.headers
