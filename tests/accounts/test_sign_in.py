"""Signing in by password, as a page and as JSON."""

from flask import Flask

from tests.world import PASSWORD, SAME_ORIGIN, Person


def test_json_sign_in_answers_who_one_is_and_sets_the_cookie(app: Flask, ada: Person) -> None:
    client = app.test_client()
    answer = client.post("/api/login", json={"email": ada.email, "password": PASSWORD}, headers=SAME_ORIGIN)
    assert answer.status_code == 200
    assert answer.json == {
        "user": {
            "email": ada.email,
            "name": ada.name,
            "role": "company_admin",
            "company": {"slug": ada.company_slug, "name": "Harbour"},
        }
    }
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("qd=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert client.get("/api/user").json == answer.json["user"]


def test_the_page_signs_in_and_goes_where_one_wanted_to(app: Flask, ada: Person) -> None:
    client = app.test_client()
    page = client.get("/login?next=/jobs")
    assert page.status_code == 200
    answer = client.post(
        "/login", data={"email": ada.email.upper(), "password": PASSWORD, "next": "/jobs"}, headers=SAME_ORIGIN
    )
    assert (answer.status_code, answer.headers["Location"]) == (303, "/jobs")
    assert client.get("/api/user").status_code == 200


def test_the_page_works_in_a_browser_that_sends_no_fetch_metadata(app: Flask, ada: Person) -> None:
    client = app.test_client()
    token = client.get("/login").text.split('name="csrf_token" value="')[1].split('"')[0]
    form = {"email": ada.email, "password": PASSWORD}
    assert client.post("/login", data=form).status_code == 403
    assert client.post("/login", data={**form, "csrf_token": token}).status_code == 303
