"""Asking somebody to join, by a mailed link."""

from flask import Flask

from app.core.ids import new_ulid
from tests.accounts.conftest import Post, Sql, facts, sign_in
from tests.world import PASSWORD, SAME_ORIGIN, Person


def fresh_email() -> str:
    return f"new-{new_ulid().lower()}@example.test"


def test_the_link_makes_an_account_once(app: Flask, ada: Person, post: Post, sql: Sql) -> None:
    email = fresh_email()
    answer = ada.post("/invitations", data={"email": email, "role": "staff"})
    assert answer.status_code == 303
    assert email in ada.get("/settings/users").text
    link = post.link(ada.company_id)
    visitor = app.test_client()
    page = visitor.get(link)
    assert page.status_code == 200
    assert email in page.text
    assert (page.headers["Cache-Control"], page.headers["Referrer-Policy"]) == ("no-store", "no-referrer")
    form = {"name": "Nia Newcomer", "password": PASSWORD}
    assert visitor.post(link, data=form, headers=SAME_ORIGIN).status_code == 303
    assert sign_in(app.test_client(), email, PASSWORD).json["user"]["role"] == "staff"
    assert visitor.get(link).status_code == 410
    assert visitor.post(link, data=form, headers=SAME_ORIGIN).status_code == 410
    assert facts(sql, ada.company_id, "user.invited")[0]["email"] == email
    assert facts(sql, ada.company_id, "user.changed")[0]["change"] == "created"


def test_json_does_the_same(ada: Person) -> None:
    email = fresh_email()
    made = ada.post("/api/invitations", json={"email": email, "role": "viewer"})
    assert made.status_code == 201
    assert [item["email"] for item in ada.get("/api/invitations").json["items"]] == [email]
    assert ada.delete(f"/api/invitations/{made.json['id']}").status_code == 204
    assert ada.delete(f"/api/invitations/{made.json['id']}").status_code == 404


def test_a_withdrawn_and_an_older_link_work_no_more(app: Flask, ada: Person, post: Post) -> None:
    email = fresh_email()
    ada.post("/api/invitations", json={"email": email, "role": "viewer"})
    older = post.link(ada.company_id)
    again = ada.post("/api/invitations", json={"email": email, "role": "staff"}).json
    newer = post.link(ada.company_id)
    visitor = app.test_client()
    assert visitor.get(older).status_code == 410
    assert visitor.get(newer).status_code == 200
    assert ada.post(f"/invitations/{again['id']}/withdrawal").status_code == 303
    assert visitor.get(newer).status_code == 410


def test_a_weak_password_is_refused_with_a_sentence(app: Flask, ada: Person, post: Post) -> None:
    ada.post("/api/invitations", json={"email": fresh_email(), "role": "viewer"})
    link = post.link(ada.company_id)
    for weak in ("short", "aaaaaaaaaaaa", "passwordpassword"):
        answer = app.test_client().post(link, data={"name": "Nia", "password": weak}, headers=SAME_ORIGIN)
        assert answer.status_code == 422
        assert "is shorter than" in answer.text or "too easy" in answer.text
    assert app.test_client().get(link).status_code == 200


def test_an_address_that_has_an_account_is_refused_alike_wherever_it_has_it(
    ada: Person, sam: Person, cleo: Person
) -> None:
    answers = [
        ada.post("/api/invitations", json={"email": who, "role": "viewer"}) for who in (sam.email.upper(), cleo.email)
    ]
    assert [(answer.status_code, answer.json["code"]) for answer in answers] == [(409, "cannot-invite")] * 2
    assert answers[0].json["detail"] == answers[1].json["detail"]
    page = ada.post("/invitations", data={"email": cleo.email, "role": "viewer"})
    assert page.status_code == 409
    assert "This address cannot be invited." in page.text
    assert ada.get("/api/invitations").json["items"] == []


def test_nobody_looks_for_accounts_by_inviting(ada: Person, cleo: Person) -> None:
    def invite(email: str) -> int:
        return ada.post("/api/invitations", json={"email": email, "role": "viewer"}).status_code

    assert [invite(cleo.email) for _ in range(5)] == [409] * 5
    assert [invite(email) for email in (cleo.email, fresh_email())] == [429, 429]
    refused = ada.post("/invitations", data={"email": fresh_email(), "role": "viewer"})
    assert "Too many addresses that cannot be invited. Try again in" in refused.text


def test_an_account_made_meanwhile_elsewhere_is_told_to_its_owner(
    app: Flask, ada: Person, cleo: Person, post: Post
) -> None:
    email = fresh_email()
    for admin in (ada, cleo):
        assert admin.post("/api/invitations", json={"email": email, "role": "viewer"}).status_code == 201
    first, second = post.link(ada.company_id), post.link(cleo.company_id)
    form = {"name": "Nia", "password": PASSWORD}
    assert app.test_client().post(first, data=form, headers=SAME_ORIGIN).status_code == 303
    answer = app.test_client().post(second, data=form, headers=SAME_ORIGIN)
    assert answer.status_code == 409
    assert "an address has one account" in answer.text
    assert sign_in(app.test_client(), email, PASSWORD).json["user"]["company"]["slug"] == ada.company_slug


def test_nobody_invites_a_platform_admin_into_a_company(ada: Person) -> None:
    answer = ada.post("/api/invitations", json={"email": fresh_email(), "role": "platform_admin"})
    assert (answer.status_code, answer.json["code"]) == (422, "role-not-here")


def test_staff_and_outsiders_may_not(ada: Person, sam: Person, cleo: Person) -> None:
    assert sam.post("/api/invitations", json={"email": fresh_email(), "role": "viewer"}).status_code == 403
    made = ada.post("/api/invitations", json={"email": fresh_email(), "role": "viewer"}).json
    assert cleo.delete(f"/api/invitations/{made['id']}").status_code == 404
    assert cleo.get("/api/invitations").json["items"] == []


def test_a_platform_admin_invites_the_first_admin_of_a_new_company(
    app: Flask, pat: Person, post: Post, sql: Sql
) -> None:
    slug = f"new-{new_ulid().lower()[-12:]}"
    assert pat.post("/api/companies", json={"slug": slug, "name": "New Lab", "type": "lab"}).status_code == 201
    assert pat.post("/api/companies", json={"slug": slug, "name": "New Lab"}).json["code"] == "slug-taken"
    email = fresh_email()
    invited = pat.post(f"/api/invitations?companyId={slug}", json={"email": email, "role": "company_admin"})
    assert invited.status_code == 201
    (row,) = sql("SELECT id FROM companies WHERE slug = %s", slug)
    form = {"name": "First Admin", "password": PASSWORD}
    app.test_client().post(post.link(row["id"]), data=form, headers=SAME_ORIGIN)
    assert sign_in(app.test_client(), email, PASSWORD).json["user"]["company"] == {"slug": slug, "name": "New Lab"}
