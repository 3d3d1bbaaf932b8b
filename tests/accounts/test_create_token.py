"""API tokens: made, shown once, held to their scopes."""

import time_machine
from flask import Flask

from app.accounts.secrets import is_token, new_token
from tests.accounts.conftest import Sql
from tests.world import Person


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_a_token_does_what_its_person_may(app: Flask, ada: Person) -> None:
    made = ada.post("/api/tokens", json={"name": "A script"})
    assert made.status_code == 201
    token = made.json["token"]
    assert is_token(token)
    assert token.startswith(made.json["prefix"])
    client = app.test_client()
    assert client.get("/api/user", headers=bearer(token)).json["email"] == ada.email
    assert client.get("/api/users", headers=bearer(token)).status_code == 200
    listed = ada.get("/api/tokens").json["items"]
    assert "token" not in listed[0]


def test_the_page_shows_it_once_and_keeps_it_nowhere(ada: Person, sql: Sql) -> None:
    form = {
        "name": "A script",
        "scopes": ["orders:read", "inventory:read"],
        "limit_per_min": "600",
        "expires_in_days": "90",
    }
    page = ada.post("/settings/tokens", data=form)
    assert page.status_code == 200
    assert page.headers["Cache-Control"] == "no-store"
    token = page.text.split("<code>")[1].split("<")[0]
    assert is_token(token)
    listed = ada.get("/settings/tokens").text
    assert token not in listed
    assert token[:8] in listed
    (row,) = sql("SELECT scopes, limit_per_min FROM api_tokens WHERE user_id = %s", ada.id)
    assert row == {"scopes": ["inventory:read", "orders:read"], "limit_per_min": 600}


def test_scopes_cut_a_token_down(app: Flask, ada: Person) -> None:
    token = ada.post("/api/tokens", json={"name": "Reader", "scopes": ["users:read"]}).json["token"]
    client = app.test_client()
    assert client.get("/api/users", headers=bearer(token)).status_code == 200
    refused = client.get("/api/company", headers=bearer(token))
    assert (refused.status_code, refused.json["permission"]) == (403, "company:read")


def test_a_token_can_not_make_one_that_holds_more(app: Flask, ada: Person) -> None:
    token = ada.post("/api/tokens", json={"name": "Maker", "scopes": ["tokens:write", "tokens:read"]}).json["token"]
    client = app.test_client()
    wider = {"name": "Wider", "scopes": ["users:write"]}
    assert client.post("/api/tokens", json=wider, headers=bearer(token)).status_code == 403
    same = client.post("/api/tokens", json={"name": "Same"}, headers=bearer(token))
    assert same.json["scopes"] == ["tokens:read", "tokens:write"]


def test_unknown_scopes_and_those_above_the_role_are_refused(ada: Person, vera: Person) -> None:
    assert ada.post("/api/tokens", json={"name": "x", "scopes": ["moon:read"]}).json["code"] == "unknown-scope"
    assert ada.post("/api/tokens", json={"name": "x", "scopes": ["platform:read"]}).json["code"] == "scope-too-wide"
    assert vera.post("/api/tokens", json={"name": "x"}).status_code == 403
    page = ada.post("/settings/tokens", data={"name": "x", "scopes": "platform:read"})
    assert page.status_code == 403
    assert "Take away platform:read" in page.text


def test_a_token_never_touches_passwords_second_factors_or_pages(app: Flask, ada: Person) -> None:
    token = ada.post("/api/tokens", json={"name": "A script"}).json["token"]
    client = app.test_client()
    change = {"current": ada.password, "new": "another long sentence"}
    assert client.post("/api/user/password", json=change, headers=bearer(token)).status_code == 403
    assert client.post("/api/user/second-factor", headers=bearer(token)).status_code == 403
    assert client.get("/settings", headers=bearer(token)).status_code == 403


def test_a_token_sets_no_cookie_and_loads_no_session(app: Flask, ada: Person) -> None:
    token = ada.post("/api/tokens", json={"name": "A script"}).json["token"]
    answer = app.test_client().get("/api/user", headers=bearer(token))
    assert "Set-Cookie" not in answer.headers


def test_a_mistyped_token_is_refused_before_the_database(app: Flask, ada: Person) -> None:
    token = new_token()
    swapped = token[:-1] + ("a" if token[-1] != "a" else "b")
    assert not is_token(swapped)
    for text in (swapped, token, "", "qd_", "x" * 500):
        assert app.test_client().get("/api/user", headers=bearer(text)).status_code == 401


def test_a_token_ends_when_it_should(app: Flask, ada: Person, sql: Sql) -> None:
    made = ada.post("/api/tokens", json={"name": "Short", "expiresInDays": 1}).json
    assert made["expiresAt"] > made["createdAt"]
    sql("UPDATE api_tokens SET expires_at = now() - interval '1 s' WHERE id = %s", made["id"])
    assert app.test_client().get("/api/user", headers=bearer(made["token"])).status_code == 401


def test_the_answer_is_not_kept_for_a_repeat(ada: Person, sql: Sql) -> None:
    first, second = (
        ada.post("/api/tokens", json={"name": "x"}, headers={"Idempotency-Key": "once"}).json["token"] for _ in range(2)
    )
    assert first != second
    assert sql("SELECT 1 FROM idempotency_keys WHERE company_id = %s", ada.company_id) == []


def test_a_platform_admin_s_token_acts_where_it_says(app: Flask, pat: Person, ada: Person) -> None:
    token = pat.post("/api/tokens", json={"name": "Across"}).json["token"]
    client = app.test_client()
    assert client.get("/api/users", headers=bearer(token)).json["code"] == "company-needed"
    there = client.get(f"/api/users?companyId={ada.company_slug}", headers=bearer(token))
    assert ada.email in [item["email"] for item in there.json["items"]]
    assert client.get("/api/users?companyId=nowhere", headers=bearer(token)).status_code == 404


def test_company_id_is_no_way_into_another_company(ada: Person, cleo: Person) -> None:
    assert ada.get(f"/api/users?companyId={ada.company_slug}").status_code == 200
    assert ada.get(f"/api/users?companyId={cleo.company_slug}").status_code == 404


def test_clocks_that_differ_do_not_matter(app: Flask, ada: Person) -> None:
    token = ada.post("/api/tokens", json={"name": "Short", "expiresInDays": 1}).json["token"]
    with time_machine.travel(1_999_999_999):
        assert app.test_client().get("/api/user", headers=bearer(token)).status_code == 200
