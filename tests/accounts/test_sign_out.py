"""Signing out."""

from flask import Flask

from tests.accounts.conftest import browser, cookie_of
from tests.world import SAME_ORIGIN, Person


def test_signing_out_ends_the_session_everywhere(app: Flask, ada: Person) -> None:
    client = browser(app, ada)
    kept = cookie_of(client)
    answer = client.post("/logout", headers=SAME_ORIGIN)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/login")
    assert client.get_cookie("qd") is None
    thief = app.test_client()
    thief.set_cookie("qd", kept)
    assert thief.get("/api/user").status_code == 401


def test_signing_out_twice_is_as_good_as_once(app: Flask, ada: Person) -> None:
    client = browser(app, ada)
    assert client.post("/api/logout", headers=SAME_ORIGIN).status_code == 204
    assert client.post("/api/logout", headers=SAME_ORIGIN).status_code == 204
    assert client.get("/api/user").status_code == 401


def test_another_site_cannot_sign_one_out(app: Flask, ada: Person) -> None:
    client = browser(app, ada)
    assert client.post("/logout", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert client.get("/api/user").status_code == 200
