"""Fetching files: ranges, conditions, headers; by the company, by anybody, at signed addresses."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import time_machine
from flask import Flask

from app.core import clock
from tests.storage import hostile
from tests.world import Person

TEXT = bytes(range(32, 127)) * 20
SIZE = len(TEXT)


def keep(
    person: Person, body: bytes = TEXT, name: str = "a.txt", category: str = "temp", **values: str
) -> dict[str, Any]:
    """Send a file in and return what is said of it."""
    query = {"name": name, "category": category, **values}
    answer = person.put("/api/files", query_string=query, data=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json)


def content(file: dict[str, Any]) -> str:
    return f"/api/files/{file['id']}/content"


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=0-99", 0, 100),
        ("bytes=100-", 100, SIZE),
        ("bytes=-7", SIZE - 7, SIZE),
        (f"bytes=10-{SIZE * 9}", 10, SIZE),
        (f"bytes=-{SIZE * 9}", 0, SIZE),
    ],
)
def test_one_range_is_sent_by_itself(sam: Person, asked: str, start: int, end: int) -> None:
    answer = sam.get(content(keep(sam)), headers={"Range": asked})
    assert answer.status_code == 206
    assert answer.data == TEXT[start:end]
    assert answer.headers["Content-Range"] == f"bytes {start}-{end - 1}/{SIZE}"
    assert answer.content_length == end - start


@pytest.mark.parametrize("asked", [f"bytes={SIZE}-", "bytes=99999999999999999999-", "bytes=-0"])
def test_a_range_that_is_not_there_is_refused(sam: Person, asked: str) -> None:
    answer = sam.get(content(keep(sam)), headers={"Range": asked})
    assert (answer.status_code, answer.json["code"]) == (416, "range-not-there")
    assert answer.headers["Content-Range"] == f"bytes */{SIZE}"


@pytest.mark.parametrize(
    "asked",
    [
        "bytes=0-1,5-9",
        "bytes=" + ",".join(f"{n}-{n}" for n in range(500)),
        "lines=1-2",
        "bytes=9-1",
        "bytes=a-b",
        "0-1",
        "bytes=",
    ],
)
def test_many_ranges_and_what_is_none_get_the_whole(sam: Person, asked: str) -> None:
    answer = sam.get(content(keep(sam)), headers={"Range": asked})
    assert (answer.status_code, answer.data) == (200, TEXT)
    assert "Content-Range" not in answer.headers


def test_what_is_known_already_is_not_sent_again(sam: Person) -> None:
    file = keep(sam)
    first = sam.get(content(file))
    tag = first.headers["ETag"]
    assert tag == f'"{file["sha256"]}"'
    for condition in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = sam.get(content(file), headers={"If-None-Match": condition})
        assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag), condition
    assert sam.get(content(file), headers={"If-None-Match": '"other"'}).status_code == 200
    assert sam.get(content(file), headers={"If-Modified-Since": first.headers["Last-Modified"]}).status_code == 304
    both = {"If-None-Match": '"other"', "If-Modified-Since": first.headers["Last-Modified"]}
    assert sam.get(content(file), headers=both).status_code == 200


def test_a_range_is_of_the_bytes_one_has(sam: Person) -> None:
    file = keep(sam)
    first = sam.get(content(file))
    for condition in (first.headers["ETag"], first.headers["Last-Modified"]):
        assert sam.get(content(file), headers={"Range": "bytes=0-4", "If-Range": condition}).status_code == 206
    for condition in ('"other"', f"W/{first.headers['ETag']}", "Thu, 01 Jan 2004 00:00:00 GMT", "nonsense"):
        answer = sam.get(content(file), headers={"Range": "bytes=0-4", "If-Range": condition})
        assert (answer.status_code, answer.data) == (200, TEXT), condition


def test_head_says_all_and_sends_nothing(sam: Person) -> None:
    file = keep(sam)
    whole, head = sam.get(content(file)), sam.ask("HEAD", content(file), headers={"Range": "bytes=0-1"})
    assert (head.status_code, head.data, head.content_length) == (200, b"", SIZE)
    for name in ("ETag", "Content-Type", "Content-Disposition", "Accept-Ranges", "Last-Modified", "Cache-Control"):
        assert head.headers[name] == whole.headers[name]


def test_an_empty_file_has_no_range(sam: Person) -> None:
    file = keep(sam, b"")
    assert sam.get(content(file)).data == b""
    assert sam.get(content(file), headers={"Range": "bytes=0-"}).status_code == 416


@pytest.mark.parametrize(
    ("body", "name", "kind", "how"),
    [
        (hostile.PNG, "a.png", "image/png", "inline"),
        (hostile.PDF, "a.pdf", "application/pdf", "inline"),
        (TEXT, "a.txt", "text/plain; charset=utf-8", "inline"),
        (b"a,b\n", "a.csv", "text/csv", "attachment"),
        (hostile.SVG, "a.svg", "application/octet-stream", "attachment"),
        (hostile.HTML, "a.html", "application/octet-stream", "attachment"),
        (b"<?xml version='1.0'?><a/>", "a.xml", "application/octet-stream", "attachment"),
        (hostile.archive("a"), "a.zip", "application/zip", "attachment"),
    ],
)
def test_a_browser_shows_only_what_cannot_run(sam: Person, body: bytes, name: str, kind: str, how: str) -> None:
    file = keep(sam, body, name)
    for path, wanted in (
        (f"/files/{file['id']}/{name}", how),
        (f"/files/{file['id']}/{name}?download=1", "attachment"),
    ):
        answer = sam.get(path)
        assert answer.headers["Content-Disposition"] == f'{wanted}; filename="{name}"'
        assert answer.headers["Content-Type"] == kind
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"].endswith("; sandbox")
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert answer.headers["Cache-Control"] == "private, no-cache"
    assert sam.get(content(file)).headers["Content-Disposition"].startswith("attachment")


def test_a_public_file_is_for_anybody_and_kept_for_ever(sam: Person, app: Flask) -> None:
    file = keep(sam, hostile.PNG, "a.png", "products", visibility="public")
    path = urlsplit(file["publicUrl"]).path
    anybody = app.test_client()
    answer = anybody.get(path)
    assert (answer.status_code, answer.data) == (200, hostile.PNG)
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "Set-Cookie" not in answer.headers
    assert anybody.get(path, headers={"Range": "bytes=0-3"}).data == hostile.PNG[:4]
    sam.delete(f"/api/files/{file['id']}")
    assert anybody.get(path).status_code == 404


def test_a_private_file_looks_like_none_to_anybody(sam: Person, app: Flask) -> None:
    file = keep(sam)
    assert file["publicUrl"] is None
    key = sam.world.sql.execute("SELECT key FROM stored_files WHERE id = %s", (file["id"],)).fetchone()["key"]
    anybody = app.test_client()
    for path in (key, key[:-1] + "a", key.upper(), f"../{key}", f"{key}/", "x", f"{key}%00"):
        assert anybody.get(f"/files/public/{path}").status_code in (404, 308), path
    assert anybody.get(f"/files/{file['id']}/a.txt").status_code in (303, 401)


def test_the_cdn_is_named_for_public_files_alone(sam: Person, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    changed = app.config["SETTINGS"].model_copy(update={"cdn_base_url": "https://cdn.example.com/q/"})
    monkeypatch.setitem(app.config, "SETTINGS", changed)
    public = keep(sam, hostile.PNG, "a.png", "products", visibility="public")
    assert public["publicUrl"].startswith(f"https://cdn.example.com/q/{sam.company_id}/products/")
    assert keep(sam)["publicUrl"] is None


def test_a_signed_address_works_without_signing_in_until_it_ends(sam: Person, app: Flask) -> None:
    file = keep(sam, hostile.PNG, "Größe.png")
    signed = sam.post(f"/api/files/{file['id']}/signed-url", json={"expiresS": 60, "inline": True}).json
    anybody, path = app.test_client(), urlsplit(signed["url"]).path
    answer = anybody.get(path)
    assert (answer.status_code, answer.data) == (200, hostile.PNG)
    assert answer.headers["Content-Disposition"].startswith("inline; ")
    assert anybody.get(path, headers={"Range": "bytes=0-3"}).status_code == 206
    assert anybody.put(path, data=hostile.PNG).status_code == 403, "another purpose"
    assert anybody.get(path[:-1]).status_code == 403, "changed"
    with time_machine.travel(clock.now() + timedelta(seconds=61), tick=False):
        late = anybody.get(path, headers={"Accept": "application/json"})
        assert (late.status_code, late.json["code"]) == (403, "address-expired")
    sam.delete(f"/api/files/{file['id']}")
    assert anybody.get(path).status_code == 403, "trashed since"


def test_signing_is_kept_in_the_history_and_is_for_those_who_write(
    sam: Person, vera: Person, cleo: Person, pump: Any
) -> None:
    file = keep(sam)
    path = f"/api/files/{file['id']}/signed-url"
    assert vera.post(path, json={}).status_code == 403
    assert cleo.post(path, json={}).status_code == 404
    for wrong in (0, -1, 604_801):
        assert sam.post(path, json={"expiresS": wrong}).status_code == 422
    assert sam.post(path, json={}).status_code == 200
    row = sam.world.sql.execute(
        "SELECT count(*) AS n FROM outbox WHERE type = 'file.signed' AND company_id = %s", (sam.company_id,)
    ).fetchone()
    pump()
    assert row["n"] == 1


def test_nginx_sends_local_files_when_it_is_told_to(sam: Person, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    file = keep(sam, hostile.PNG, "a.png")
    changed = app.config["SETTINGS"].model_copy(update={"storage_accel": "/accel/"})
    monkeypatch.setitem(app.config, "SETTINGS", changed)
    answer = sam.get(content(file), headers={"Range": "bytes=0-1"})
    key = sam.world.sql.execute("SELECT key FROM stored_files WHERE id = %s", (file["id"],)).fetchone()["key"]
    assert (answer.status_code, answer.data) == (200, b"")
    assert answer.headers["X-Accel-Redirect"] == f"/accel/objects/{key}"
    assert (changed.upload_dir / "objects" / key).read_bytes() == hostile.PNG
    assert answer.headers["Content-Type"] == "image/png"
    assert sam.get(content(file), headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
