"""Attacks over HTTP, on each provider: forged lengths and digests, changed and expired addresses, lies about what it is."""

import hashlib
import io
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import time_machine
import urllib3
from flask import Flask

from app.core import clock
from app.storage.keys import is_key
from app.storage.types import clean_name
from tests.storage import hostile
from tests.storage.servers import Server, settings_of
from tests.world import Person

BODY = b"sku,name\nA1,Frame\n"
SHA = hashlib.sha256(BODY).hexdigest()


@pytest.fixture(params=["local", "seaweedfs", "rclone"])
def place(request: pytest.FixtureRequest, app_with: Callable[..., Flask]) -> str:
    """Where new files go in this test. rclone's server holds nobody to anything, so its files go through us."""
    name: str = request.param
    if name == "local":
        app_with()
    else:
        server: Server = request.getfixturevalue("seaweed" if name == "seaweedfs" else "rclone")
        app_with(storage_provider="s3", **settings_of(server))
    return name


def reserve(person: Person, **values: Any) -> dict[str, Any]:
    said = {"name": "a.csv", "category": "documents", "sizeBytes": len(BODY), "sha256": SHA, **values}
    answer = person.post("/api/files", json=said)
    assert answer.status_code == 201, answer.text
    return dict(answer.json)


def put(person: Person, upload: dict[str, Any], body: bytes, *, url: str = "", **headers: str) -> int:
    """Send bytes to an address, as whoever found it: to us, or over the wire to the bucket."""
    address, sent = url or upload["url"], {**upload["headers"], **headers}
    if "/files/signed/" in address:
        return person.app.test_client().put(urlsplit(address).path, data=body, headers=sent).status_code
    sent = {name: value for name, value in sent.items() if name.lower() != "content-length"}
    return int(urllib3.request("PUT", address, body=body, headers=sent, retries=False).status)


def finish(person: Person, said: dict[str, Any]) -> Any:
    return person.post(f"/api/files/{said['file']['id']}/completion")


def rows(person: Person) -> list[dict[str, Any]]:
    return person.world.sql.execute("SELECT * FROM stored_files WHERE company_id = %s", (person.company_id,)).fetchall()


def test_the_right_bytes_are_taken_once(place: str, sam: Person) -> None:
    said = reserve(sam)
    is_ours = "/files/signed/" in said["upload"]["url"]
    assert is_ours == (place != "seaweedfs")
    assert put(sam, said["upload"], BODY) == 200
    assert finish(sam, said).json["state"] == "ready"
    assert put(sam, said["upload"], BODY) in (409, 412)
    assert sam.get(f"/api/files/{said['file']['id']}/content").data == BODY


@pytest.mark.parametrize(
    "body", [BODY + b"x", BODY[:-1], b"", BODY.replace(b"A1", b"B1")], ids=["longer", "shorter", "none", "other"]
)
def test_forged_lengths_and_digests_are_refused(place: str, sam: Person, body: bytes) -> None:
    said = reserve(sam)
    assert put(sam, said["upload"], body) >= 400
    assert finish(sam, said).status_code in (404, 409)
    assert [row for row in rows(sam) if row["state"] == "ready"] == []


def test_another_type_than_was_signed_for_is_refused(place: str, sam: Person) -> None:
    page = hostile.HTML
    said = reserve(sam, sizeBytes=len(page), sha256=hashlib.sha256(page).hexdigest())
    status = put(sam, said["upload"], page)
    assert status in (200, 415, 422)
    answer = finish(sam, said)
    assert answer.status_code in (404, 409, 415, 422), "a page that calls itself a CSV"
    assert sam.get(f"/api/files/{said['file']['id']}/content").status_code in (404, 409)


def test_changed_addresses_are_refused(place: str, sam: Person) -> None:
    said = reserve(sam)
    url = said["upload"]["url"]
    other = reserve(sam)["upload"]["url"]
    changed = [url[:-2] + ("AA" if not url.endswith("AA") else "BB"), url + "x"]
    if "/files/signed/" not in url:
        key, other_key = urlsplit(url).path, urlsplit(other).path
        changed += [url.replace(key, other_key), url.replace("X-Amz-Expires=", "X-Amz-Expires=9")]
    for one in changed:
        assert put(sam, said["upload"], BODY, url=one) in (400, 403), one
    assert finish(sam, said).status_code == 409


def test_addresses_end(place: str, sam: Person) -> None:
    with time_machine.travel(clock.now() - timedelta(hours=2), tick=False):
        said = reserve(sam)
    assert put(sam, said["upload"], BODY) in (400, 403)
    ready = sam.put("/api/files?name=a.csv&category=documents", data=BODY).json
    with time_machine.travel(clock.now() - timedelta(hours=2), tick=False):
        signed = sam.post(f"/api/files/{ready['id']}/signed-url", json={"expiresS": 60}).json
    url = urlsplit(signed["url"])
    if url.path.startswith("/files/signed/"):
        assert sam.app.test_client().get(url.path).status_code == 403
    else:
        assert urllib3.request("GET", signed["url"], retries=False).status in (400, 403)


def test_an_address_to_fetch_says_that_it_is_saved(place: str, sam: Person) -> None:
    kept = sam.put("/api/files?name=a.html&category=temp", data=hostile.HTML)
    assert kept.status_code == 201, kept.text
    signed = sam.post(f"/api/files/{kept.json['id']}/signed-url", json={"inline": True}).json
    url = urlsplit(signed["url"])
    if url.path.startswith("/files/signed/"):
        answer: Any = sam.app.test_client().get(url.path)
        body = answer.data
    else:
        answer = urllib3.request("GET", signed["url"], retries=False)
        body = answer.data
    assert body == hostile.HTML
    assert answer.headers["Content-Type"] == "application/octet-stream"
    if place != "rclone":  # which obeys no wish for headers
        assert answer.headers["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize("name", ["GIF_SCRIPT", "PDF_PAGE", "PNG_PAGE", "SVG", "HTML"])
def test_what_is_not_what_it_seems_is_refused_on_every_way_in(place: str, sam: Person, name: str) -> None:
    body = getattr(hostile, name)
    called = {"GIF_SCRIPT": "a.gif", "PDF_PAGE": "a.pdf", "PNG_PAGE": "a.png", "SVG": "a.svg", "HTML": "a.png"}[name]
    by_body = sam.put("/api/files", query_string={"name": called, "category": "documents"}, data=body)
    form = {"file": (io.BytesIO(body), called), "uploadType": "documents"}
    by_form = sam.post("/api/upload", data=form, content_type="multipart/form-data")
    for answer in (by_body, by_form):
        assert answer.status_code in (415, 422), answer.text
        assert answer.json["code"] in {"type-not-allowed", "wrong-bytes"}
    assert [row for row in rows(sam) if row["state"] == "ready"] == []


def test_what_is_too_large_or_of_no_kind_we_take_is_said_before_a_byte(sam: Person) -> None:
    for values, code in (
        ({"sizeBytes": 6 << 30}, "file-too-large"),
        ({"name": "a.exe"}, "type-not-allowed"),
        ({"category": "profiles", "name": "a.pdf"}, "type-not-allowed"),
        ({"category": "backups"}, "invalid-input"),
        ({"sha256": "x"}, "invalid-input"),
        ({"sizeBytes": -1}, "invalid-input"),
    ):
        said = {"name": "a.csv", "category": "documents", "sizeBytes": 1, **values}
        assert sam.post("/api/files", json=said).json["code"] == code, values
    chunked = sam.put("/api/files?name=a&category=temp", headers={"Transfer-Encoding": "chunked"}, data=b"a")
    assert (chunked.status_code, chunked.json["code"]) == (411, "length-needed")
    assert rows(sam) == []


def test_hostile_names_lead_nowhere(app_with: Callable[..., Flask], sam: Person, tmp_path: Path) -> None:
    app_with(upload_dir=tmp_path / "here" / "uploads")
    for name in hostile.SEEDS:
        named = name.encode("utf-8", "replace").decode()
        answer = sam.put("/api/files", query_string={"name": named, "category": "temp"}, data=b"a\x00")
        if answer.status_code in (415, 422):  # a program's name, one without characters, one with NUL
            continue
        assert answer.status_code == 201, (ascii(name), answer.text)
        assert answer.json["fileName"] == clean_name(named)
        fetched = sam.get(f"/api/files/{answer.json['id']}/content")
        assert fetched.headers["Content-Disposition"].isprintable()
    assert all(is_key(row["key"]) for row in rows(sam))
    assert {path.name for path in tmp_path.iterdir()} == {"here"}
    assert {path.name for path in (tmp_path / "here").iterdir()} == {"uploads"}


def test_an_archive_stays_packed(sam: Person) -> None:
    bomb = hostile.zip_bomb()
    answer = sam.put("/api/files?name=bomb.zip&category=temp", data=bomb)
    assert (answer.status_code, answer.json["sizeBytes"]) == (201, len(bomb))
    assert sam.get(f"/api/files/{answer.json['id']}/content").data == bomb
