"""core-api, authentication and enable-caching: what each shuts, what stays open, and that nobody is locked out."""

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.accounts.session_store import PREFIX
from app.core.redis import request_redis
from tests.flags.gates.switch import switched
from tests.world import PASSWORD, SAME_ORIGIN, Person


def sign_in(client: FlaskClient, person: Person) -> TestResponse:
    return client.post("/api/login", json={"email": person.email, "password": PASSWORD}, headers=SAME_ORIGIN)


def test_core_api_off_shuts_the_json_addresses_alone(app: Flask, ada: Person, pat: Person) -> None:
    assert ada.get("/api/orders").status_code == 200
    with switched(pat, "core-api", on=False):
        answer = ada.get("/api/orders")
        assert (answer.status_code, (answer.json or {})["code"]) == (503, "core-api-off")
        assert answer.headers["Retry-After"]
        assert ada.post("/api/orders", json={}).status_code == 503
        assert ada.get("/orders").status_code == 200
        assert ada.get("/api/user").status_code == 200
        assert app.test_client().get("/api/health").status_code == 200
        assert sign_in(app.test_client(), ada).status_code == 200
    assert ada.get("/api/orders").status_code == 200


def test_nobody_new_comes_in_while_authentication_is_off(app: Flask, ada: Person, sam: Person, pat: Person) -> None:
    assert ada.get("/orders").status_code == 200
    with switched(pat, "authentication", on=False):
        refused = sign_in(app.test_client(), sam)
        assert (refused.status_code, (refused.json or {})["code"]) == (503, "authentication-off")
        page = app.test_client().post("/login", data={"email": sam.email, "password": PASSWORD}, headers=SAME_ORIGIN)
        assert page.status_code == 503
        assert "New sign-ins are switched off" in page.text
        assert "New sign-ins are switched off" in app.test_client().get("/login").text
        assert ada.get("/orders").status_code == 200, "who is inside stays inside"
        wrong = app.test_client().post(
            "/api/login", json={"email": sam.email, "password": "not this one"}, headers=SAME_ORIGIN
        )
        assert wrong.status_code == 401, "a wrong password learns nothing"
    assert sign_in(app.test_client(), sam).status_code == 200


def test_platform_admins_are_never_locked_out(app: Flask, pat: Person) -> None:
    with switched(pat, "authentication", on=False), switched(pat, "core-api", on=False):
        assert sign_in(app.test_client(), pat).status_code == 200


def test_an_invitation_waits_until_people_may_come_in(app: Flask, ada: Person, pat: Person) -> None:
    from app.accounts.secrets import hash_secret, new_link_secret

    made = ada.post("/api/invitations", json={"email": f"new-{ada.public_id.lower()}@example.test", "role": "staff"})
    secret = new_link_secret()
    ada.world.sql.execute(
        "UPDATE invitations SET hash = %s WHERE id = %s", (hash_secret(secret), (made.json or {})["id"])
    )
    form, client = {"name": "New Person", "password": "a long enough sentence"}, app.test_client()
    with switched(pat, "authentication", on=False):
        assert client.post(f"/invitations/{secret}", data=form, headers=SAME_ORIGIN).status_code == 503
    assert client.post(f"/invitations/{secret}", data=form, headers=SAME_ORIGIN).status_code == 303


def test_without_caching_sessions_come_from_the_database(app: Flask, ada: Person, pat: Person) -> None:
    with switched(pat, "enable-caching", on=False):
        client = app.test_client()
        with app.app_context():
            before = set(request_redis().run(lambda redis: redis.keys(f"{PREFIX}*")))  # type: ignore[arg-type]
        assert sign_in(client, ada).status_code == 200
        assert client.get("/orders").status_code == 200
        with app.app_context():
            assert set(request_redis().run(lambda redis: redis.keys(f"{PREFIX}*"))) == before  # type: ignore[arg-type]
    assert client.get("/orders").status_code == 200
