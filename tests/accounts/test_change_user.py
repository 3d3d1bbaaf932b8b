"""Roles, sending away, taking back; and the last admin stays."""

from concurrent.futures import ThreadPoolExecutor

from flask import Flask

from tests.accounts.conftest import Sql, browser, facts, sign_in
from tests.world import Person, World


def test_another_role_counts_from_the_next_request(ada: Person, sam: Person, sql: Sql) -> None:
    sam.get("/api/user")
    assert sam.get("/api/users").status_code == 403
    answer = ada.patch(f"/api/users/{sam.public_id}", json={"role": "company_admin"})
    assert (answer.status_code, answer.json["role"]) == (200, "company_admin")
    assert sam.get("/api/users").status_code == 200
    assert ada.post(f"/settings/users/{sam.public_id}/role", data={"role": "viewer"}).status_code == 303
    assert sam.get("/api/users").status_code == 403
    told = facts(sql, ada.company_id, "user.changed")
    assert [(fact["user"], fact["role"], fact["change"]) for fact in told] == [
        (sam.public_id, "company_admin", "role"),
        (sam.public_id, "viewer", "role"),
    ]


def test_a_token_loses_what_its_person_loses(app: Flask, world: World, ada: Person) -> None:
    other = world.harbour("company_admin")
    token = other.post("/api/tokens", json={"name": "x"}).json["token"]
    ada.patch(f"/api/users/{other.public_id}", json={"role": "viewer"})
    headers = {"Authorization": f"Bearer {token}"}
    assert app.test_client().get("/api/users", headers=headers).status_code == 403


def test_sending_somebody_away_ends_all_they_hold(
    app: Flask, world: World, ada: Person, address: str, sql: Sql
) -> None:
    other = world.harbour("company_admin")
    client = browser(app, other)
    token = other.post("/api/tokens", json={"name": "x"}).json["token"]
    headers = {"Authorization": f"Bearer {token}"}
    refused = ada.post(f"/settings/users/{other.public_id}/deactivation", data={})
    assert refused.status_code == 422
    answer = ada.post(f"/settings/users/{other.public_id}/deactivation", data={"reason": "left the company"})
    assert answer.status_code == 303
    assert client.get("/api/user").status_code == 401
    assert app.test_client().get("/api/user", headers=headers).status_code == 401
    assert sign_in(app.test_client(), other.email, other.password, address).status_code == 401
    assert "may no longer come in" in ada.get("/settings/users").text
    told = facts(sql, ada.company_id, "session.revoked")
    assert {fact["user"] for fact in told} == {other.public_id}
    assert sorted(fact["kind"] for fact in told) == ["session", "session", "token"]


def test_taking_somebody_back_brings_no_old_session_back(app: Flask, ada: Person, sam: Person, address: str) -> None:
    client = browser(app, sam)
    assert ada.post(f"/api/users/{sam.public_id}/deactivation", json={"reason": "holiday"}).status_code == 200
    again = ada.post(f"/api/users/{sam.public_id}/deactivation", json={"reason": "holiday"})
    assert (again.status_code, again.json["isActive"]) == (200, False)
    assert ada.post(f"/settings/users/{sam.public_id}/reactivation").status_code == 303
    assert client.get("/api/user").status_code == 401
    assert sign_in(app.test_client(), sam.email, sam.password, address).status_code == 200


def test_nobody_sends_themselves_away(ada: Person) -> None:
    for method, path, body in [
        ("PATCH", "", {"role": "viewer"}),
        ("POST", "/deactivation", {"reason": "x"}),
    ]:
        answer = ada.ask(method, f"/api/users/{ada.public_id}{path}", json=body)
        assert (answer.status_code, answer.json["code"]) == (409, "not-yourself")


def test_the_last_admin_stays(ada: Person, pat: Person) -> None:
    where = f"?companyId={ada.company_slug}"
    answer = pat.post(f"/api/users/{ada.public_id}/deactivation{where}", json={"reason": "x"})
    assert (answer.status_code, answer.json["code"]) == (409, "last-admin")
    answer = pat.patch(f"/api/users/{ada.public_id}{where}", json={"role": "viewer"})
    assert (answer.status_code, answer.json["code"]) == (409, "last-admin")
    assert ada.get("/api/users").status_code == 200


def test_two_admins_who_send_each_other_away_at_once_leave_one(world: World, ada: Person, sql: Sql) -> None:
    for _ in range(10):
        other = world.harbour("company_admin")
        other.get("/api/user")
        ada.get("/api/user")
        pairs = [(ada, other), (other, ada)]

        def send_away(pair: tuple[Person, Person]) -> int:
            who, whom = pair
            body = {"reason": "no, you"}
            return who.client.post(
                f"/api/users/{whom.public_id}/deactivation", json=body, headers={"Sec-Fetch-Site": "same-origin"}
            ).status_code

        with ThreadPoolExecutor(2) as pool:
            answers = sorted(pool.map(send_away, pairs))
        assert answers[0] == 200
        assert answers[1] in {401, 409}
        active = sql(
            "SELECT id FROM users WHERE company_id = %s AND role = 'company_admin' AND is_active", ada.company_id
        )
        assert len(active) == 1
        sql("UPDATE users SET is_active = true WHERE id = %s", ada.id)
        sql("UPDATE users SET is_active = false WHERE id = %s", other.id)
        ada.__dict__.pop("client", None)


def test_another_company_s_people_are_not_there(ada: Person, cleo: Person) -> None:
    assert cleo.patch(f"/api/users/{ada.public_id}", json={"role": "viewer"}).status_code == 404
    assert cleo.post(f"/api/users/{ada.public_id}/deactivation", json={"reason": "x"}).status_code == 404
    assert cleo.post(f"/settings/users/{ada.public_id}/role", data={"role": "viewer"}).status_code == 404
    assert ada.email not in cleo.get("/api/users").text


def test_staff_may_not(ada: Person, sam: Person, vera: Person) -> None:
    assert sam.patch(f"/api/users/{vera.public_id}", json={"role": "staff"}).status_code == 403
    assert vera.get("/api/users").status_code == 403


def test_the_list_pages_by_cursor(world: World, ada: Person) -> None:
    for _ in range(4):
        world.harbour("viewer")
    seen: list[str] = []
    after = ""
    while True:
        page = ada.get(f"/api/users?limit=2&after={after}").json
        seen += [item["id"] for item in page["items"]]
        after = page["nextCursor"]
        if after is None:
            break
    assert len(seen) == len(set(seen)) == 5
    assert ada.get("/api/users?after=made-by-hand").json["code"] == "invalid-cursor"
