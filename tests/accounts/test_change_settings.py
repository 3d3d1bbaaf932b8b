"""One's own settings, and the rules of a company."""

import pytest

from tests.accounts.conftest import Sql, facts
from tests.world import Person


def preferences(sql: Sql, person: Person) -> dict[str, object]:
    (row,) = sql("SELECT preferences FROM users WHERE id = %s", person.id)
    found: dict[str, object] = row["preferences"]
    return found


def test_the_profile_form(ada: Person, sql: Sql) -> None:
    form = {"name": "Ada Lovelace", "timezone": "Asia/Kolkata", "theme": "dark", "density": "compact"}
    assert ada.post("/settings/profile", data=form).status_code == 303
    page = ada.get("/settings").text
    assert 'data-theme="dark"' in page
    assert 'data-density="compact"' in page
    assert 'data-keys="off"' in page
    assert 'data-zone="Asia/Kolkata"' in page
    assert ada.get("/api/user").json["name"] == "Ada Lovelace"
    wrong = ada.post("/settings/profile", data={**form, "timezone": "Moon/Tycho"})
    assert wrong.status_code == 422
    assert "is no time zone" in wrong.text
    assert preferences(sql, ada)["timezone"] == "Asia/Kolkata"


def test_the_top_bar_changes_one_thing_at_a_time(ada: Person, sql: Sql) -> None:
    partial = {"HX-Request": "true"}
    assert ada.post("/settings/preferences", data={"theme": "dark"}, headers=partial).status_code == 204
    assert ada.post("/settings/preferences", data={"density": "roomy"}).status_code == 303
    assert preferences(sql, ada) == {"theme": "dark", "density": "roomy"}
    assert ada.post("/settings/preferences", data={"theme": ""}, headers=partial).status_code == 204
    assert preferences(sql, ada)["theme"] == ""
    assert ada.post("/settings/preferences", data={"theme": "pink"}, headers=partial).status_code == 422
    back = ada.post(
        "/settings/preferences", data={"theme": "light"}, headers={"Referer": "http://localhost/sessions?x=1"}
    )
    assert back.headers["Location"] == "/sessions?x=1"
    elsewhere = ada.post("/settings/preferences", data={"theme": "light"}, headers={"Referer": "https://evil.test/x"})
    assert elsewhere.headers["Location"] == "/settings"


def test_json_changes_only_what_is_sent(ada: Person, sql: Sql) -> None:
    assert ada.patch("/api/user/preferences", json={"keys": False}).status_code == 204
    assert ada.patch("/api/user/preferences", json={"timezone": "UTC"}).status_code == 204
    assert preferences(sql, ada) == {"keys": False, "timezone": "UTC"}
    assert ada.patch("/api/user/preferences", json={"colour": "pink"}).status_code == 422


def test_the_company_s_rules(ada: Person, sql: Sql) -> None:
    form = {"name": "Harbour & Sons", "timezone": "Europe/Lisbon", "allow_backorder": "1"}
    assert ada.post("/settings/company", data=form).status_code == 303
    rules = ada.get("/api/company").json
    assert (rules["name"], rules["timezone"], rules["allowBackorder"]) == ("Harbour & Sons", "Europe/Lisbon", True)
    (row,) = sql("SELECT settings FROM companies WHERE id = %s", ada.company_id)
    assert row["settings"]["allow_backorder"] is True
    body = {"name": "Harbour & Sons", "timezone": "Europe/Lisbon"}
    assert ada.ask("PUT", "/api/company", json=body).json["allowBackorder"] is False
    assert ada.ask("PUT", "/api/company", json=body).status_code == 200
    told = facts(sql, ada.company_id, "company.changed")
    assert [fact["after"]["backorder"] for fact in told] == ["allowed", "refused"]
    assert ada.post("/settings/company", data={**form, "timezone": "Moon/Tycho"}).status_code == 422


def test_staff_may_not_change_the_company_s_rules(sam: Person, ada: Person) -> None:
    body = {"name": "Mine now", "timezone": "UTC"}
    assert sam.ask("PUT", "/api/company", json=body).status_code == 403
    assert sam.post("/settings/company", data=body).status_code == 403
    assert ada.get("/api/company").json["name"] == "Harbour"


@pytest.mark.parametrize("name", ["", "x" * 201, "a\x00b"])
def test_a_name_that_can_not_be_used_is_refused(ada: Person, name: str) -> None:
    assert ada.post("/settings/profile", data={"name": name}).status_code == 422
