"""Revoking API tokens."""

from flask import Flask

from tests.accounts.conftest import Sql, facts
from tests.world import Person, World


def test_a_revoked_token_is_refused_at_once(app: Flask, ada: Person, sql: Sql) -> None:
    made = ada.post("/api/tokens", json={"name": "A script"}).json
    assert ada.post(f"/settings/tokens/{made['id']}/revocation").status_code == 303
    headers = {"Authorization": f"Bearer {made['token']}"}
    assert app.test_client().get("/api/user", headers=headers).status_code == 401
    (told,) = facts(sql, ada.company_id, "session.revoked")
    assert (told["credential"], told["kind"]) == (made["id"], "token")
    assert ada.delete(f"/api/tokens/{made['id']}").status_code == 404


def test_a_colleague_s_wants_a_reason(world: World, ada: Person) -> None:
    other = world.harbour("company_admin")
    made = other.post("/api/tokens", json={"name": "Theirs"}).json
    assert ada.delete(f"/api/tokens/{made['id']}").json["code"] == "reason-needed"
    page = ada.post(f"/settings/tokens/{made['id']}/revocation", data={})
    assert page.status_code == 422
    assert ada.delete(f"/api/tokens/{made['id']}?reason=leaked").status_code == 204


def test_another_company_s_is_not_there(ada: Person, cleo: Person) -> None:
    made = ada.post("/api/tokens", json={"name": "Mine"}).json
    assert cleo.delete(f"/api/tokens/{made['id']}?reason=x").status_code == 404
    assert made["id"] not in cleo.get("/api/tokens").text


def test_a_viewer_may_not(ada: Person, vera: Person) -> None:
    made = ada.post("/api/tokens", json={"name": "Mine"}).json
    assert vera.delete(f"/api/tokens/{made['id']}?reason=x").status_code == 403
