"""Rows of a plain Flask-Session SQL table keep their people signed in while they move over."""

import json
import pickle
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from flask import Flask

from app import create_app
from app.accounts import legacy_values
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


class Bomb:
    """What a pickle can do to who opens it."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.trace,)


def test_a_pickle_is_never_opened_by_a_request(moving: Flask, ada: Person, sql: Sql, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    for data in ({"user_id": ada.public_id}, {"user_id": ada.public_id, "bomb": Bomb(trace)}):
        client = moving.test_client()
        client.set_cookie("session", old_row(sql, pickle.dumps(data)))
        assert client.get("/api/user").status_code == 401
    assert not trace.exists()
    assert legacy_values.decode(b"\x80\x04garbage") is None


@pytest.mark.parametrize("protocol", [0, 2, 4, 5])
def test_the_command_moves_pickles_of_plain_values_and_no_others(
    moving: Flask, ada: Person, sql: Sql, tmp_path: Path, protocol: int
) -> None:
    trace = tmp_path / "trace"
    plain = {"user_id": ada.public_id, "at": datetime.now(UTC), "tags": {"a"}, "_permanent": True}
    good = old_row(sql, pickle.dumps(plain, protocol=protocol))
    bad = old_row(sql, pickle.dumps({"user_id": ada.public_id, "bomb": Bomb(trace)}, protocol=protocol))
    told = moving.test_cli_runner().invoke(args=["sessions", "adopt"])
    assert "1 moved. 1 left" in told.output
    assert not trace.exists()
    for old_id, status in ((good, 200), (bad, 401)):
        client = moving.test_client()
        client.set_cookie("session", old_id)
        assert client.get("/api/user").status_code == status


def test_the_command_wants_to_know_the_table(app: Flask) -> None:
    told = app.test_cli_runner().invoke(args=["sessions", "adopt"])
    assert (told.exit_code, "names no table" in told.output) == (1, True)


def test_values_no_json_holds_move_as_text(moving: Flask, ada: Person, sql: Sql) -> None:
    odd = {
        "user_id": ada.public_id, "at": datetime(2026, 1, 2, tzinfo=UTC), "raw": b"\xff\x00", "nul": "a\x00b",
        "large": 2**64 - 1, "nan": float("nan"), "deep": {"1": [(1, 2)]},
    }  # fmt: skip
    client = moving.test_client()
    client.set_cookie("session", old_row(sql, msgspec.msgpack.encode(odd)))
    assert client.get("/settings").status_code == 200
    assert client.get("/settings").status_code == 200
    (row,) = sql("SELECT data FROM sessions WHERE user_id = %s", ada.id)
    assert {key: row["data"][key] for key in odd if key != "user_id"} == {
        "at": "2026-01-02T00:00:00+00:00", "raw": "/wA=", "nul": "ab", "large": str(2**64 - 1), "nan": None,
        "deep": {"1": [[1, 2]]},
    }  # fmt: skip


@pytest.mark.parametrize("named", [10**30, "9" * 5000, True, -1, "a\x00b", None, ["x"]])
def test_a_row_that_names_nobody_signs_nobody_in(moving: Flask, sql: Sql, named: Any) -> None:
    client = moving.test_client()
    client.set_cookie("session", old_row(sql, json.dumps({"user_id": named}).encode()))
    assert client.get("/api/user").status_code == 401


def test_a_signed_cookie_is_known_by_its_id(moving: Flask, ada: Person, sql: Sql) -> None:
    client = moving.test_client()
    client.set_cookie("session", old_row(sql, msgspec.msgpack.encode({"user_id": ada.public_id})) + ".c2lnbmF0dXJl")
    assert [client.get("/api/user").status_code for _ in range(2)] == [200, 200]


@pytest.mark.parametrize("cookie", ['"\\000"', "x", "'; DROP TABLE users", "é" * 40])
def test_what_can_be_no_id_asks_no_table(moving: Flask, cookie: str) -> None:
    assert moving.test_client().get("/api/user", headers={"Cookie": f"session={cookie}"}).status_code == 401


def test_without_the_setting_such_a_cookie_means_nothing(app: Flask, ada: Person) -> None:
    client = app.test_client()
    client.set_cookie("session", secrets.token_urlsafe(32))
    assert client.get("/api/user").status_code == 401
