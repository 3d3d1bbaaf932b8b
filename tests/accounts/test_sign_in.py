"""Signing in by password, as a page and as JSON."""

import statistics
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from argon2 import PasswordHasher
from flask import Flask

from app.accounts import passwords
from app.core.ids import new_ulid
from tests.accounts.conftest import Sql, browser, cookie_of, sign_in
from tests.world import PASSWORD, SAME_ORIGIN, Person


def test_json_sign_in_answers_who_one_is_and_sets_the_cookie(app: Flask, ada: Person) -> None:
    client = app.test_client()
    answer = sign_in(client, ada.email, PASSWORD)
    assert answer.status_code == 200
    company = {"slug": ada.company_slug, "name": "Harbour"}
    assert answer.json == {"user": {"email": ada.email, "name": ada.name, "role": "company_admin", "company": company}}
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("qd=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert client.get("/api/user").json == answer.json["user"]


def test_a_platform_admin_has_no_company(pat: Person) -> None:
    assert pat.get("/api/user").json == {
        "email": pat.email,
        "name": pat.name,
        "role": "platform_admin",
        "company": None,
    }


def test_the_page_signs_in_and_goes_where_one_wanted_to(app: Flask, ada: Person) -> None:
    client = app.test_client()
    assert client.get("/login?next=/jobs").status_code == 200
    form = {"email": ada.email.upper(), "password": PASSWORD, "next": "/jobs"}
    answer = client.post("/login", data=form, headers=SAME_ORIGIN)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/jobs")
    assert client.get("/api/user").status_code == 200
    assert client.get("/login?next=/jobs").headers["Location"] == "/jobs"


@pytest.mark.parametrize("target", ["//evil.test", "https://evil.test", "/\\evil.test", "javascript:alert(1)"])
def test_the_page_never_goes_to_another_site(app: Flask, ada: Person, target: str) -> None:
    form = {"email": ada.email, "password": PASSWORD, "next": target}
    answer = app.test_client().post("/login", data=form, headers=SAME_ORIGIN)
    assert answer.headers["Location"] == "/"


def test_the_page_works_in_a_browser_that_sends_no_fetch_metadata(app: Flask, ada: Person) -> None:
    client = app.test_client()
    token = client.get("/login").text.split('name="csrf_token" value="')[1].split('"')[0]
    form = {"email": ada.email, "password": PASSWORD}
    assert client.post("/login", data=form).status_code == 403
    assert client.post("/login", data={**form, "csrf_token": token}).status_code == 303


def test_a_wrong_password_an_unknown_address_and_a_closed_account_read_the_same(
    app: Flask, ada: Person, sam: Person, address: str, sql: Sql
) -> None:
    sql("UPDATE users SET is_active = false WHERE id = %s", sam.id)
    client = app.test_client()
    asked = [(ada.email, "wrong horse"), (f"{new_ulid()}@example.test", PASSWORD), (sam.email, PASSWORD)]
    answers = [sign_in(client, email, password, address) for email, password in asked]
    assert [answer.status_code for answer in answers] == [401] * 3
    texts = {(answer.json["code"], answer.json["detail"]) for answer in answers}
    assert len(texts) == 1
    form = {"email": ada.email, "password": "wrong horse"}
    page = client.post("/login", data=form, headers=SAME_ORIGIN, environ_base={"REMOTE_ADDR": address})
    assert page.status_code == 401
    assert "do not match" in page.text


def test_the_password_is_taken_as_typed(app: Flask, ada: Person, address: str) -> None:
    assert sign_in(app.test_client(), ada.email, PASSWORD + " ", address).status_code == 401


def test_five_failed_tries_of_an_account_from_an_address_are_let_in(app: Flask, ada: Person, address: str) -> None:
    client = app.test_client()
    for _ in range(5):
        assert sign_in(client, ada.email, "wrong horse", address).status_code == 401
    refused = sign_in(client, ada.email, PASSWORD, address)
    assert (refused.status_code, refused.json["code"]) == (429, "too-many-sign-ins")
    assert refused.json["title"] == "Too many failed sign-ins."
    assert refused.json["detail"] in {"Try again in 14 minutes.", "Try again in 15 minutes."}
    assert 800 < int(refused.headers["Retry-After"]) <= 900
    assert refused.headers["RateLimit-Policy"] == '"auth";q=5;w=900'
    assert refused.headers["RateLimit"] == f'"auth";r=0;t={refused.headers["Retry-After"]}'
    form = {"email": ada.email, "password": PASSWORD}
    page = client.post("/login", data=form, headers=SAME_ORIGIN, environ_base={"REMOTE_ADDR": address})
    assert page.status_code == 429
    assert "Too many failed sign-ins. Try again in 1" in page.text
    assert page.headers["RateLimit"].startswith('"auth";r=0;')
    assert sign_in(client, ada.email, PASSWORD, f"{address}0"[:15]).status_code == 200


def test_right_passwords_are_not_counted(app: Flask, ada: Person, address: str) -> None:
    for _ in range(7):
        assert sign_in(app.test_client(), ada.email, PASSWORD, address).status_code == 200


def test_thirty_failed_tries_of_one_address_are_let_in(app: Flask, ada: Person, address: str, sql: Sql) -> None:
    sql("INSERT INTO login_attempts (key, failed) SELECT %s, true FROM generate_series(1, 29)", f"ip:{address}")
    assert sign_in(app.test_client(), f"{new_ulid()}@example.test", "wrong horse", address).status_code == 401
    assert sign_in(app.test_client(), ada.email, PASSWORD, address).status_code == 429


def test_tries_sent_at_once_are_all_counted(app: Flask, ada: Person, address: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: sign_in(app.test_client(), ada.email, "wrong", address), range(16)))
    assert sorted(answer.status_code for answer in answers) == [401] * 5 + [429] * 11


def test_right_passwords_sent_at_once_are_all_let_in(app: Flask, ada: Person, address: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: sign_in(app.test_client(), ada.email, PASSWORD, address), range(24)))
    assert [answer.status_code for answer in answers] == [200] * 24


def test_old_failures_are_forgotten(app: Flask, ada: Person, address: str, sql: Sql) -> None:
    key = f"a:{ada.email.lower()}:{address}"
    sql(
        "INSERT INTO login_attempts (key, failed, at) SELECT %s, true, now() - interval '16 min' FROM generate_series(1, 9)",
        key,
    )
    assert sign_in(app.test_client(), ada.email, PASSWORD, address).status_code == 200
    assert sql("SELECT 1 FROM login_attempts WHERE key = %s", key) == []


def test_every_sign_in_gets_an_id_of_its_own_and_ends_the_one_before(app: Flask, ada: Person) -> None:
    client = browser(app, ada)
    first = cookie_of(client)
    sign_in(client, ada.email, PASSWORD)
    assert cookie_of(client) != first
    old = app.test_client()
    old.set_cookie("qd", first)
    assert old.get("/api/user").status_code == 401


def test_an_id_somebody_made_up_is_never_taken(app: Flask, ada: Person) -> None:
    client = app.test_client()
    client.set_cookie("qd", "A" * 43)
    sign_in(client, ada.email, PASSWORD)
    assert cookie_of(client) != "A" * 43


@pytest.fixture
def dear(product_hasher: PasswordHasher, monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords cost what they cost in the product."""
    monkeypatch.setattr(passwords, "_hasher", product_hasher)


def test_an_old_hash_is_renewed(app: Flask, dear: None, ada: Person, sql: Sql) -> None:
    browser(app, ada)
    (row,) = sql("SELECT password_hash FROM users WHERE id = %s", ada.id)
    assert "m=19456,t=2,p=1" in row["password_hash"]
    browser(app, ada)


def test_an_unknown_address_takes_as_long_as_a_known_one(app: Flask, dear: None, ada: Person, sql: Sql) -> None:
    browser(app, ada)

    def took(email: str) -> float:
        sql("DELETE FROM login_attempts")
        # This thread's own time: the machine may be busy with something else.
        started = time.thread_time()
        sign_in(app.test_client(), email, "wrong horse battery", "10.9.9.9")
        return time.thread_time() - started

    pairs = [(took(ada.email), took("nobody@example.test")) for _ in range(15)]
    known, unknown = (statistics.median(column) for column in zip(*pairs, strict=True))
    assert known > 0.01
    assert abs(known - unknown) < 0.005
