"""TOTP: set up, asked for at sign-in, each code good once; recovery codes; off again."""

import re

import pyotp
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from app.core import clock
from tests.accounts.conftest import cookie_of, sign_in
from tests.world import PASSWORD, SAME_ORIGIN, Person


def switch_on(person: Person) -> tuple[str, list[str]]:
    secret = person.post("/api/user/second-factor").json["secret"]
    code = pyotp.TOTP(secret).now()
    answer = person.post("/api/user/second-factor/confirmation", json={"code": code})
    assert answer.status_code == 201, answer.text
    return secret, answer.json["recoveryCodes"]


def later(steps: int) -> time_machine.travel:
    return time_machine.travel(clock.now().timestamp() + 30 * steps)


def first_step(app: Flask, person: Person, address: str) -> FlaskClient:
    client = app.test_client()
    form = {"email": person.email, "password": PASSWORD, "next": "/settings"}
    answer = client.post("/login", data=form, headers=SAME_ORIGIN, environ_base={"REMOTE_ADDR": address})
    assert answer.headers["Location"] == "/login/code"
    return client


def second_step(client: FlaskClient, code: str, address: str) -> int:
    form = {"code": code}
    return client.post("/login/code", data=form, headers=SAME_ORIGIN, environ_base={"REMOTE_ADDR": address}).status_code


def test_the_page_sets_it_up_with_a_picture_and_shows_the_codes_once(ada: Person) -> None:
    before = cookie_of(ada.client)
    assert ada.post("/settings/second-factor").headers["Location"] == "/settings/second-factor"
    page = ada.get("/settings/second-factor")
    found = re.search(r'class="mono">([A-Z2-7]{32})<', page.text)
    assert found is not None
    picture = ada.get("/settings/second-factor/picture.svg")
    assert picture.mimetype == "image/svg+xml"
    assert b"<svg" in picture.data
    assert picture.headers["Cache-Control"] == "no-store"
    assert ada.post("/settings/second-factor/confirmation", data={"code": "000000"}).status_code == 401
    answer = ada.post("/settings/second-factor/confirmation", data={"code": pyotp.TOTP(found[1]).now()})
    assert answer.headers["Cache-Control"] == "no-store"
    assert len(re.findall(r"[2-9a-z]{5}-[2-9a-z]{5}", answer.text)) >= 10
    assert cookie_of(ada.client) != before
    assert "Sign-in asks for a code" in ada.get("/settings").text
    again = ada.post("/api/user/second-factor").json["secret"]
    code = pyotp.TOTP(again).now()
    assert ada.post("/api/user/second-factor/confirmation", json={"code": code}).json["code"] == "second-factor-on"


def test_sign_in_asks_for_a_code_and_takes_each_once(app: Flask, ada: Person, address: str) -> None:
    secret, _ = switch_on(ada)
    assert app.test_client().get("/login/code").headers["Location"] == "/login"
    client = first_step(app, ada, address)
    assert client.get("/api/user").status_code == 401
    assert client.get("/login/code").status_code == 200
    assert second_step(client, pyotp.TOTP(secret).now(), address) == 401
    with later(1):
        code = pyotp.TOTP(secret).now()
        assert second_step(client, code, address) == 303
        assert client.get("/api/user").status_code == 200
        assert second_step(first_step(app, ada, address), code, address) == 401


def test_json_sign_in_takes_the_code_along(app: Flask, ada: Person, address: str) -> None:
    secret, _ = switch_on(ada)
    assert sign_in(app.test_client(), ada.email, PASSWORD, address).json["code"] == "code-needed"
    wrong = sign_in(app.test_client(), ada.email, PASSWORD, address, code="000000")
    assert wrong.json["code"] == "wrong-code"
    with later(2):
        right = sign_in(app.test_client(), ada.email, PASSWORD, address, code=pyotp.TOTP(secret).now())
    assert right.status_code == 200


def test_a_recovery_code_stands_in_once(app: Flask, ada: Person, address: str) -> None:
    _, codes = switch_on(ada)
    assert second_step(first_step(app, ada, address), codes[3].upper(), address) == 303
    assert second_step(first_step(app, ada, address), codes[3], address) == 401
    assert second_step(first_step(app, ada, address), codes[4], address) == 303


def test_codes_can_not_be_guessed(app: Flask, ada: Person, address: str) -> None:
    switch_on(ada)
    client = first_step(app, ada, address)
    assert [second_step(client, f"00000{n}", address) for n in range(6)] == [401] * 5 + [429]
    refused = sign_in(app.test_client(), ada.email, PASSWORD, address, code="000000")
    assert (refused.json["code"], refused.json["title"]) == ("too-many-codes", "Too many wrong codes.")
    assert refused.headers["RateLimit"].startswith('"auth";r=0;')


def test_the_first_step_is_forgotten_after_ten_minutes(app: Flask, ada: Person, address: str) -> None:
    secret, _ = switch_on(ada)
    client = first_step(app, ada, address)
    with later(25):
        answer = client.post("/login/code", data={"code": pyotp.TOTP(secret).now()}, headers=SAME_ORIGIN)
    assert answer.headers["Location"] == "/login"


def test_switching_it_off_wants_the_password(app: Flask, ada: Person, address: str) -> None:
    switch_on(ada)
    assert ada.post("/settings/second-factor/removal", data={"password": "wrong"}).status_code == 403
    assert ada.post("/api/user/second-factor/removal", json={"password": "wrong"}).status_code == 403
    assert ada.post("/settings/second-factor/removal", data={"password": PASSWORD}).status_code == 303
    assert sign_in(app.test_client(), ada.email, PASSWORD, address).status_code == 200


def test_confirming_what_was_not_begun_is_refused(vera: Person) -> None:
    answer = vera.post("/api/user/second-factor/confirmation", json={"code": "123456"})
    assert (answer.status_code, answer.json["code"]) == (409, "second-factor-not-begun")
    assert vera.get("/settings/second-factor/picture.svg").status_code == 409
