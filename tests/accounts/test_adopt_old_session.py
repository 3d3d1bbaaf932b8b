"""Rows of a plain Flask-Session SQL table keep their people signed in while they move over."""

import pickle
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import pytest
from flask import Flask

from app import create_app
from app.accounts import legacy_sessions
from tests.accounts.conftest import Sql
from tests.stage import let_go
from tests.world import Person


@pytest.fixture
def moving(app: Flask, sql: Sql) -> Iterator[Flask]:
    """The app beside a table as Flask-Session made it."""
    sql(
        "CREATE TABLE IF NOT EXISTS old_sessions (id serial PRIMARY KEY, session_id varchar(255) UNIQUE, data bytea, "
        "expiry timestamp)"
    )
    sql("GRANT SELECT, DELETE ON old_sessions TO qd_app")
    made = create_app(app.config["SETTINGS"].model_copy(update={"legacy_session_table": "old_sessions"}))
    yield made
    let_go(made)
    sql("DROP TABLE old_sessions")


def old_row(sql: Sql, data: bytes, expiry: str = "1 day") -> str:
    old_id = secrets.token_urlsafe(32)
    sql(
        f"INSERT INTO old_sessions (session_id, data, expiry) VALUES (%s, %s, now() AT TIME ZONE 'UTC' + '{expiry}')",
        f"session:{old_id}",
        data,
    )
    return old_id


@pytest.mark.parametrize("key", ["user_id", "_user_id", "number", "email"])
@pytest.mark.parametrize("encode", [msgspec.msgpack.encode, msgspec.json.encode])
def test_its_person_stays_signed_in(moving: Flask, ada: Person, sql: Sql, key: str, encode: Any) -> None:
    named = {"number": ("user_id", ada.id), "email": ("email", ada.email)}.get(key, (key, ada.public_id))
    old_id = old_row(sql, encode({"_permanent": True, named[0]: named[1], "basket": ["LENS-1"]}))
    client = moving.test_client()
    client.set_cookie("session", old_id)
    answer = client.get("/api/user")
    assert answer.status_code == 200, answer.text
    assert answer.json["email"] == ada.email
    assert client.get_cookie("session") is None
    assert client.get_cookie("qd") is not None
    assert client.get("/api/user").status_code == 200
    assert sql("SELECT 1 FROM old_sessions WHERE session_id = %s", f"session:{old_id}") == []
    (row,) = sql("SELECT data FROM sessions WHERE user_id = %s", ada.id)
    assert row["data"]["basket"] == ["LENS-1"]


def test_two_requests_at_once_both_go_on(moving: Flask, ada: Person, sql: Sql) -> None:
    for _ in range(10):
        old_id = old_row(sql, msgspec.msgpack.encode({"user_id": ada.public_id}))

        def ask(_: int, old_id: str = old_id) -> int:
            client = moving.test_client()
            client.set_cookie("session", old_id)
            return client.get("/api/user").status_code

        with ThreadPoolExecutor(4) as pool:
            assert list(pool.map(ask, range(4))) == [200] * 4


def test_a_row_that_is_over_is_over(moving: Flask, ada: Person, sql: Sql) -> None:
    old_id = old_row(sql, msgspec.msgpack.encode({"user_id": ada.public_id}), "-1 s")
    client = moving.test_client()
    client.set_cookie("session", old_id)
    assert client.get("/api/user").status_code == 401


def test_a_pickle_is_never_opened(moving: Flask, ada: Person, sql: Sql) -> None:
    old_id = old_row(sql, pickle.dumps({"user_id": ada.public_id}))
    client = moving.test_client()
    client.set_cookie("session", old_id)
    assert client.get("/api/user").status_code == 401
    assert legacy_sessions.decode(b"\x80\x04garbage") is None


def test_without_the_setting_such_a_cookie_means_nothing(app: Flask, ada: Person) -> None:
    client = app.test_client()
    client.set_cookie("session", secrets.token_urlsafe(32))
    assert client.get("/api/user").status_code == 401
