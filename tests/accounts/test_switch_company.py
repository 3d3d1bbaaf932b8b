"""A platform admin acts inside one company at a time, visibly."""

from flask import Flask

from tests.accounts.conftest import Sql, cookie_of, facts
from tests.world import Person


def test_acting_inside_a_company_and_leaving_it(pat: Person, ada: Person, sql: Sql) -> None:
    assert pat.get("/settings/users").status_code == 409
    before = cookie_of(pat.client)
    assert pat.post("/company", data={"company": ada.company_slug}).status_code == 303
    assert cookie_of(pat.client) != before
    page = pat.get("/settings/users").text
    assert "You act inside Harbour" in page
    assert ada.email in page
    assert ada.email in pat.get("/api/users").text
    assert pat.get("/api/user").json["company"] is None
    assert pat.post("/company", data={"company": ""}).status_code == 303
    assert pat.get("/settings/users").status_code == 409
    (platform,) = sql("SELECT id FROM companies WHERE slug = 'platform'")
    reasons = [f["reason"] for f in facts(sql, platform["id"], "session.revoked") if f["user"] == pat.public_id]
    assert reasons == ["switched", "switched"]


def test_the_old_id_is_dead(app: Flask, pat: Person, ada: Person) -> None:
    pat.get("/api/user")
    before = cookie_of(pat.client)
    pat.post("/company", data={"company": ada.company_slug})
    old = app.test_client()
    old.set_cookie("qd", before)
    assert old.get("/api/user").status_code == 401


def test_an_unknown_company_is_not_there(pat: Person) -> None:
    assert pat.post("/company", data={"company": "nowhere"}).status_code == 404
    assert pat.get("/api/user").status_code == 200


def test_nobody_else_may(ada: Person, cleo: Person) -> None:
    assert ada.post("/company", data={"company": cleo.company_slug}).status_code == 403
    assert ada.get("/api/companies").status_code == 403
    assert ada.post("/api/companies", json={"slug": "mine", "name": "Mine"}).status_code == 403


def test_what_is_done_inside_is_told_in_that_company_under_the_admin_s_name(pat: Person, ada: Person, sql: Sql) -> None:
    pat.post("/company", data={"company": ada.company_slug})
    pat.post("/settings/company", data={"name": "Renamed", "timezone": "UTC"})
    rows = sql(
        "SELECT actor FROM outbox WHERE company_id = %s UNION ALL SELECT actor FROM event_log WHERE company_id = %s",
        ada.company_id,
        ada.company_id,
    )
    assert [row["actor"]["id"] for row in rows] == [pat.public_id]


def test_the_list_of_companies_is_found_by_short_name(pat: Person, ada: Person) -> None:
    listed = pat.get(f"/api/companies?q={ada.company_slug}").json["items"]
    assert [item["slug"] for item in listed] == [ada.company_slug]
    assert ada.company_slug in pat.get(f"/settings/companies?q={ada.company_slug}").text
    form = {"name": "Wrong", "slug": "Not A Slug", "type": "lab", "currency": "GBP", "timezone": "UTC"}
    assert pat.post("/settings/companies", data=form).status_code == 422
    assert pat.post("/settings/companies", data={**form, "slug": ada.company_slug}).status_code == 409


def test_what_an_old_tab_shows_is_not_done_to_the_company_chosen_meanwhile(
    pat: Person, ada: Person, cleo: Person
) -> None:
    pat.post("/company", data={"company": ada.company_slug})
    token = token_in(pat.get("/settings/company").text)
    form = {"name": "Saved in the first tab", "timezone": "UTC"}
    pat.post("/company", data={"company": cleo.company_slug})
    before = pat.get("/api/company").json
    for sent in ({"data": {**form, "csrf_token": token}}, {"data": form, "headers": {"X-CSRF-Token": token}}):
        refused = pat.post("/settings/company", **sent)
        assert refused.status_code == 409
        assert ada.company_slug in refused.text
        assert "Nothing was changed" in refused.text
    assert pat.get("/api/company").json == before
    pat.post("/company", data={"company": ""})
    assert pat.post("/settings/company", data={**form, "csrf_token": token}).status_code == 409
    assert pat.post("/company", data={"company": ada.company_slug, "csrf_token": token}).status_code == 303, (
        "choosing is no act in a company"
    )
    assert pat.post("/settings/company", data={**form, "csrf_token": token}).status_code == 303, (
        "it is that company again"
    )
    assert pat.get("/api/company").json["name"] == "Saved in the first tab"


def token_in(page: str) -> str:
    return page.split('name="csrf_token" value="')[1].split('"', maxsplit=1)[0]
