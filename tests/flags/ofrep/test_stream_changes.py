"""The change stream says that flags moved, once for many saves, and again to whoever missed it."""

import json
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.flags.ofrep import stream
from tests.flags.ofrep.conftest import FlagMaker, Script, change_settings
from tests.world import Person

SHOP = "https://shop.test"


@pytest.fixture
def follow(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Iterator[str]]]:
    """Open a stream and return its pieces; closed at the end."""
    monkeypatch.setattr(stream, "LOOK_EVERY_S", 0.05)
    monkeypatch.setattr(stream, "CHECK_EVERY_S", 0.2)
    opened: list[TestResponse] = []

    def run(address: str, **headers: str) -> Iterator[str]:
        answer = app.test_client().get(address, headers={k.replace("_", "-"): v for k, v in headers.items()})
        assert answer.status_code == 200, answer.text
        assert answer.mimetype == "text/event-stream"
        opened.append(answer)
        return (piece.decode() if isinstance(piece, bytes) else piece for piece in answer.response)

    yield run
    for answer in opened:
        answer.close()


def address_of(sdk: Script) -> str:
    url: str = sdk.all().json["eventStreams"][0]["url"]
    return "/" + url.split("/", 3)[3]


def next_event(pieces: Iterator[str]) -> tuple[int, dict[str, str]]:
    """Return the id and data of the next event, past comments."""
    for piece in pieces:
        if piece.startswith("id: "):
            lines = dict(line.split(": ", 1) for line in piece.strip().split("\n"))
            assert lines["event"] == "message"
            return int(lines["id"]), json.loads(lines["data"])
    raise AssertionError("the stream ended")


def test_a_save_is_told_once_and_many_saves_are_one(
    app: Flask, sdk: Script, make_flag: FlagMaker, follow: Callable[..., Iterator[str]]
) -> None:
    key = make_flag()
    pieces = follow(address_of(sdk))
    assert next(pieces).startswith("retry:")
    for percentage in (1, 2, 3):
        change_settings(app, key, percentage=percentage)
    first, data = next_event(pieces)
    assert data == {"type": "refetchEvaluation"}
    change_settings(app, key, percentage=4)
    second, _ = next_event(pieces)
    assert second == first + 1


def test_whoever_missed_something_is_told_at_once(
    app: Flask, sdk: Script, make_flag: FlagMaker, follow: Callable[..., Iterator[str]]
) -> None:
    key, address = make_flag(), address_of(sdk)
    pieces = follow(address)
    next(pieces)
    change_settings(app, key, percentage=5)
    seen, _ = next_event(pieces)
    change_settings(app, key, percentage=6)
    again = follow(address, Last_Event_ID=str(seen))
    next(again)
    assert next_event(again)[0] == seen + 1


def test_a_stream_needs_the_pass_of_a_bulk_answer(app: Flask, sdk: Script) -> None:
    address = address_of(sdk)
    client = app.test_client()
    assert client.get(address.partition("?")[0]).status_code == 401
    assert client.get(address[:-4] + "AAAA").status_code == 401
    assert client.get(address.partition("?")[0] + "?pass=" + "x" * 5000).status_code == 401


def test_a_revoked_token_ends_its_stream(ada: Person, sdk: Script, follow: Callable[..., Iterator[str]]) -> None:
    address = address_of(sdk)
    pieces = follow(address)
    next(pieces)
    (token,) = ada.get("/api/tokens").json["items"]
    assert ada.delete(f"/api/tokens/{token['id']}", json={"reason": "leaked"}).status_code in {200, 204}
    for _ in pieces:
        pass
    assert ada.app.test_client().get(address).status_code == 401


def test_pages_of_named_sites_may_ask_by_token_and_no_others(app: Flask, sdk: Script, make_flag: FlagMaker) -> None:
    path, client = f"/ofrep/v1/evaluate/flags/{make_flag()}", app.test_client()
    asked = {"Origin": SHOP, "Access-Control-Request-Method": "POST"}
    answer = client.options(path, headers=asked)
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == SHOP
    assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Credentials" not in answer.headers
    stranger = client.options(path, headers={**asked, "Origin": "https://evil.test"})
    assert "Access-Control-Allow-Origin" not in stranger.headers
    real = sdk.client.post(path, json={}, headers={"Authorization": f"Bearer {sdk.token}", "Origin": SHOP})
    assert (real.status_code, real.headers["Access-Control-Allow-Origin"]) == (200, SHOP)
    assert "Access-Control-Allow-Origin" not in client.get("/api/user", headers={"Origin": SHOP}).headers
