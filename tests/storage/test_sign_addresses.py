"""Signed addresses of our own: one file, one purpose, until one moment."""

import base64
import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from pydantic import SecretStr

from app.core import clock
from app.core.ids import CompanyId
from app.storage.keys import new_key
from app.storage.problems import AddressExpired
from app.storage.signing import PATH, OurAddresses, read_token
from app.storage.states import Category

TYPE = "application/pdf"


@pytest.fixture(autouse=True)
def inside(app: Flask) -> Iterator[None]:
    """Signing asks the app for its secret."""
    with app.app_context():
        yield


def token_for(key: str = "", **values: object) -> str:
    said = {"expires_s": 60, "file_name": "Größe.pdf", "content_type": TYPE, "inline": False, **values}
    url = OurAddresses().sign_get(key or new_key(CompanyId(7), Category.DOCUMENTS), **said).url  # type: ignore[arg-type]
    return url.partition(PATH)[2]


def test_an_address_says_what_it_is_for() -> None:
    key = new_key(CompanyId(7), Category.DOCUMENTS)
    address = read_token(token_for(key), "get")
    assert (address.key, address.company_id, address.name) == (key, 7, "Größe.pdf")
    assert not address.is_inline


def test_an_address_ends_at_its_moment() -> None:
    token = token_for()
    with time_machine.travel(clock.now() + timedelta(seconds=58), tick=False):
        read_token(token, "get")
    with time_machine.travel(clock.now() + timedelta(seconds=60), tick=False), pytest.raises(AddressExpired):
        read_token(token, "get")


def test_an_address_is_for_one_purpose() -> None:
    put = OurAddresses().sign_put(
        new_key(CompanyId(7), Category.TEMP), size_bytes=1, content_type=TYPE, sha256="0" * 64, expires_s=60
    )
    assert (put.method, put.headers) == ("PUT", {"Content-Type": TYPE})
    for token, others in ((token_for(), ("put", "part")), (put.url.partition(PATH)[2], ("get", "part"))):
        with pytest.raises(AddressExpired):
            read_token(token, *others)  # type: ignore[arg-type]


def test_no_character_can_be_changed() -> None:
    token = token_for()
    for at, letter in enumerate(token):
        other = "A" if letter != "A" else "B"
        with pytest.raises(AddressExpired):
            read_token(token[:at] + other + token[at + 1 :], "get")


@pytest.mark.parametrize("change", ["", ".", "a.b", "=", "x" * 9000, "é.é", "\0.\0", "a.b.c"])
def test_what_is_no_token_is_refused(change: str) -> None:
    with pytest.raises(AddressExpired):
        read_token(change, "get")


def test_another_company_another_name_or_a_later_end_cannot_be_put_in() -> None:
    payload, _, tag = token_for().partition(".")
    said = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    for change in (
        {"k": said["k"].replace("7/", "8/")},
        {"n": "x.html"},
        {"e": said["e"] + 9},
        {"i": True},
        {"p": "put"},
    ):
        forged = base64.urlsafe_b64encode(json.dumps({**said, **change}).encode()).decode().rstrip("=")
        for end in (tag, "", tag[:-2]):
            with pytest.raises(AddressExpired):
                read_token(f"{forged}.{end}", "get", "put")


def test_addresses_outlive_a_change_of_the_secret_and_not_two(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    token, old = token_for(), app.config["SETTINGS"]
    first, second, third = (SecretStr(letter * 40) for letter in "abc")

    def settle(now: SecretStr, before: SecretStr | None) -> None:
        changed = old.model_copy(update={"session_secret": now, "session_secret_previous": before})
        monkeypatch.setitem(app.config, "SETTINGS", changed)

    settle(first, old.session_secret)
    read_token(token, "get")
    newer = token_for()
    settle(second, first)
    read_token(newer, "get")
    with pytest.raises(AddressExpired):
        read_token(token, "get")
    settle(third, None)
    with pytest.raises(AddressExpired):
        read_token(newer, "get")
