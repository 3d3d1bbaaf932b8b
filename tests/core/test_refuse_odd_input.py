"""What cannot be read at all is refused in words: broken origins, odd tokens and keys, NUL, bodies in bad chunks."""

import re

import pytest
from flask import Flask

from app.core.ids import new_ulid
from app.core.web import safe_next
from tests.chunks import chunked
from tests.world import Person

JSON = {"Accept": "application/json"}
SAID = "This contains the NUL character, which cannot be stored."


@pytest.mark.parametrize("origin", ["http://[", "//[x", "http://]", "null", "", "é"])
@pytest.mark.parametrize("path", ["/login", "/orders", "/api/login", "/api/orders", "/nowhere"])
def test_a_broken_origin_is_a_foreign_one(app: Flask, path: str, origin: str) -> None:
    answer = app.test_client().post(path, headers={"Origin": origin})
    assert answer.status_code == 403
    assert "cross-site-request" in answer.text


def test_where_one_goes_next_may_be_unreadable() -> None:
    assert safe_next("/\t/[", "/") == "/"


@pytest.mark.parametrize("token", ["é", "\x00", "۱۲۳", "." * 500])
def test_an_odd_token_of_a_form_is_a_wrong_one(ada: Person, token: str) -> None:
    client = ada.client
    for how in ({"data": {"csrf_token": token}}, {"headers": {"X-CSRF-Token": token.encode().decode("latin-1")}}):
        answer = client.post("/logout", **how)
        assert answer.status_code in {403, 422}, how
    assert client.get("/api/user").status_code == 200


@pytest.mark.parametrize("code", ["١٢٣٤٥٦", "éééééé"])
def test_a_code_of_odd_digits_is_a_wrong_one(ada: Person, code: str) -> None:
    assert ada.post("/api/user/second-factor", json={}).status_code == 201
    answer = ada.post("/api/user/second-factor/confirmation", json={"code": code})
    assert (answer.status_code, answer.mimetype) == (401, "application/problem+json")


@pytest.mark.parametrize(
    "path",
    [
        "/jobs?ids=%00", "/search?q=a%00", "/orders?q=%00", "/api/orders?q=%00", "/inventory?file=%00", "/nowhere?a=%00",
        "/api/orders?companyId=a%00b", "/orders?a%00b=1", "/login?next=%00", "/orders?state=new&state=%00",
    ],
)  # fmt: skip
def test_a_parameter_with_nul_is_named(ada: Person, pat: Person, path: str) -> None:
    name = re.split("[?&]", path)[-1].partition("=")[0].replace("%00", "\\0")
    for person in (ada, pat):
        page, document = person.get(path), person.get(path, headers=JSON)
        assert (page.status_code, document.status_code) == (422, 422)
        assert document.json["code"] == "invalid-input"
        assert document.json["errors"] == [{"field": name, "message": SAID}]
        assert page.is_json or f"<b>{name}</b>: {SAID}" in page.text


def test_a_field_with_nul_is_named(ada: Person) -> None:
    form = {"email": "a\x00b@example.test", "role": "viewer"}
    page, part = (
        ada.post("/invitations", data=form),
        ada.post("/invitations", data=form, headers={"HX-Request": "true"}),
    )
    document = ada.post("/invitations", data=form, headers=JSON)
    assert (page.status_code, part.status_code, document.status_code) == (422, 422, 422)
    assert f"<b>email</b>: {SAID}" in page.text
    assert f"<b>email</b>: {SAID}" in part.text
    assert document.json["errors"] == [{"field": "email", "message": SAID}]


def test_a_field_with_nul_is_named_to_a_stranger_too(app: Flask) -> None:
    answer = app.test_client().post("/login", data={"email": "\x00"})
    assert (answer.status_code, f"<b>email</b>: {SAID}" in answer.text) == (422, True)


def test_a_key_with_nul_is_named(ada: Person) -> None:
    form = {"email": f"{new_ulid().lower()}@example.test", "role": "viewer", "idempotency_key": "\x00"}
    page = ada.post("/invitations", data=form)
    assert (page.status_code, f"<b>idempotency_key</b>: {SAID}" in page.text) == (422, True)
    document = ada.post("/api/invitations", json={}, headers={"Idempotency-Key": "\x00"})
    assert document.json["errors"] == [{"field": "Idempotency-Key", "message": SAID}]


@pytest.mark.parametrize("key", ["\x01\x7f\xff", "é", "'", "%00", "\\u0000", " "])
def test_a_key_of_odd_bytes_is_a_key(ada: Person, key: str) -> None:
    body = {"email": f"{new_ulid().lower()}@example.test", "role": "viewer"}
    answers = [ada.post("/api/invitations", json=body, headers={"Idempotency-Key": key}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json["id"] == answers[1].json["id"]


BROKEN = [
    b"ZZ\r\n{}\r\n0\r\n\r\n", b"-1\r\n{}\r\n0\r\n\r\n", b"0_2\r\n{}\r\n0\r\n\r\n", b"\r\n{}\r\n0\r\n\r\n",
    b"1\r\n{}\r\n0\r\n\r\n", b"3\r\n{}\r\n0\r\n\r\n", b"2;\r=\r\n{}\r\n0\r\n\r\n",
    b"2\r\n{}\r\n0\r\nHost: elsewhere\r\n\r\n", b"2\r\n{}\r\n0\r\nno header\r\n\r\n", b"9" * 9000,
]  # fmt: skip
CUT_OFF = [b"9\r\n{}", b"2\r\n{}\r\n", b"2\r\n{}\r\n0\r\n", b""]
TYPES = ("application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/csv")
PATHS = (
    "/api/orders",
    "/invitations",
    "/login",
    "/api/orders/imports?name=a.csv",
    "/api/files?name=a.csv&category=imports",
)


@pytest.mark.parametrize("sent", BROKEN + CUT_OFF, ids=lambda sent: repr(sent)[:30])
def test_a_body_in_broken_chunks_is_refused(ada: Person, sent: bytes) -> None:
    for path in PATHS:
        for kind in TYPES:
            method = "PUT" if path.startswith("/api/files") else "POST"
            how = {"environ_overrides": chunked(sent), "headers": {"Content-Type": kind}}
            answer = ada.ask(method, path, **how)
            assert 400 <= answer.status_code < 500, (path, kind, answer.text[:200])


def test_a_body_in_broken_chunks_is_told_so(ada: Person) -> None:
    how = {"environ_overrides": chunked(BROKEN[0]), "headers": {"Content-Type": "application/json"}}
    answer = ada.post("/api/orders", **how)
    assert (answer.status_code, answer.json["code"]) == (400, "malformed-body")
    assert "chunks" in answer.json["detail"]


def test_a_body_in_good_chunks_is_read(ada: Person) -> None:
    email = f"{new_ulid().lower()}@example.test"
    said = f'{{"email": "{email}", "role": "viewer"}}'.encode()
    sent = b"".join(b"%x\r\n%s\r\n" % (len(said[i : i + 7]), said[i : i + 7]) for i in range(0, len(said), 7))
    how = {"environ_overrides": chunked(sent + b"0\r\n\r\n"), "headers": {"Content-Type": "application/json"}}
    assert ada.post("/api/invitations", **how).json["email"] == email
