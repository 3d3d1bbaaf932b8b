"""Sending files: a form, the body itself, addresses for the whole, addresses for parts."""

import hashlib
import io
import json
from typing import Any
from urllib.parse import urlsplit

import pytest

from app.storage.service import deleting
from tests.storage import hostile
from tests.world import Person

CSV = b"sku,name\nA1,Frame\n"


def reserve(person: Person, body: bytes, **values: Any) -> Any:
    said = {"name": "notes.csv", "category": "documents", "sizeBytes": len(body), **values}
    return person.post("/api/files", json=said)


def put(person: Person, url: str, body: bytes, **headers: str) -> Any:
    """Send as somebody who has the address and nothing else."""
    return person.app.test_client().put(urlsplit(url).path, data=body, headers=headers)


def fetch(person: Person, file_id: str) -> bytes:
    answer = person.get(f"/api/files/{file_id}/content")
    assert answer.status_code == 200, answer.text
    return answer.data


def test_a_form_keeps_a_file(sam: Person) -> None:
    sent = {"image": (io.BytesIO(hostile.PNG), "Frame.png"), "uploadType": "product"}
    answer = sam.post("/api/upload", data=sent, content_type="multipart/form-data")
    assert answer.status_code == 201, answer.text
    said = answer.json
    assert set(said) == {"id", "key", "url", "cdnUrl", "size", "contentType", "category"}
    assert said["key"].split("/")[:2] == [str(sam.company_id), "products"]
    assert (said["size"], said["contentType"], said["cdnUrl"]) == (len(hostile.PNG), "image/png", None)
    assert sam.get(urlsplit(said["url"]).path).data == hostile.PNG


def test_a_form_of_two_files_is_refused_and_one_without_a_folder_is_temporary(sam: Person) -> None:
    two: dict[str, Any] = {"file": [(io.BytesIO(b"a"), "a.txt"), (io.BytesIO(b"b"), "b.txt")]}
    answer = sam.post("/api/upload", data=two, content_type="multipart/form-data")
    assert (answer.status_code, answer.json["code"], answer.json["files"]) == (422, "one-file-only", 2)
    assert sam.get("/api/files").json["items"] == []
    one = {"file": (io.BytesIO(b"a"), "a.txt")}
    assert sam.post("/api/upload", data=one, content_type="multipart/form-data").json["category"] == "temp"


def test_a_body_keeps_a_file_with_its_digest(sam: Person) -> None:
    answer = sam.put("/api/files?name=../Größe.csv&category=documents", data=CSV, content_type="text/csv")
    assert answer.status_code == 201, answer.text
    said = answer.json
    assert (said["fileName"], said["state"], said["contentType"]) == ("Größe.csv", "ready", "text/csv")
    assert said["sha256"] == hashlib.sha256(CSV).hexdigest()
    assert fetch(sam, said["id"]) == CSV
    assert sam.get(f"/api/files/{said['id']}").json == said


def test_a_reserved_file_is_sent_to_its_address(sam: Person) -> None:
    said = reserve(sam, CSV, sha256=hashlib.sha256(CSV).hexdigest()).json
    assert said["file"]["state"] == "pending"
    upload = said["upload"]
    assert (upload["method"], upload["partBytes"]) == ("PUT", None)
    early = sam.post(f"/api/files/{said['file']['id']}/completion")
    assert (early.status_code, early.json["code"]) == (409, "file-not-ready")
    sent = put(sam, upload["url"], CSV, **upload["headers"])
    assert sent.status_code == 200, sent.text
    done = sam.post(f"/api/files/{said['file']['id']}/completion")
    assert (done.status_code, done.json["state"]) == (200, "ready")
    assert sam.post(f"/api/files/{said['file']['id']}/completion").json == done.json
    assert put(sam, upload["url"], CSV, **upload["headers"]).status_code == 409, "an address takes its bytes once"
    assert fetch(sam, said["file"]["id"]) == CSV


def test_parts_are_sent_in_any_order_and_again(sam: Person) -> None:
    part = 8 << 20
    body = hostile.PNG + bytes(part + 1000 - len(hostile.PNG))
    said = reserve(sam, body, name="big.png", category="temp", inParts=True).json
    path = f"/api/files/{said['file']['id']}"
    assert (said["upload"]["partBytes"], said["upload"]["parts"], said["upload"]["url"]) == (part, 2, None)
    signed = sam.post(f"{path}/parts", json={"numbers": [2, 1, 3]}).json["items"]
    assert [(one["number"], one["sizeBytes"]) for one in signed] == [(1, part), (2, 1000)]
    assert put(sam, signed[1]["url"], body[part:]).status_code == 200
    assert sam.get(f"{path}/parts").json["items"] == [{"number": 2, "sizeBytes": 1000}]
    early = sam.post(f"{path}/completion")
    assert (early.status_code, early.json["code"]) == (409, "file-not-ready")
    for _ in range(2):
        assert put(sam, signed[0]["url"], body[:part]).status_code == 200
    done = sam.post(f"{path}/completion")
    assert (done.status_code, done.json["state"]) == (200, "ready"), done.text
    assert done.json["sha256"] == hashlib.sha256(body).hexdigest()
    assert hashlib.sha256(fetch(sam, said["file"]["id"])).hexdigest() == done.json["sha256"]


def test_an_upload_is_given_up(sam: Person) -> None:
    said = reserve(sam, CSV, inParts=True).json
    path = f"/api/files/{said['file']['id']}/parts"
    signed = sam.post(path, json={"numbers": [1]}).json["items"]
    assert sam.delete(path).status_code == 204
    assert put(sam, signed[0]["url"], CSV).status_code in (403, 404, 409)
    assert sam.delete(path).status_code in (404, 409)


def test_an_address_takes_the_type_it_was_signed_for(sam: Person) -> None:
    upload = reserve(sam, CSV).json["upload"]
    for other in ({}, {"Content-Type": "text/html"}, {"Content-Type": "image/svg+xml"}):
        answer = put(sam, upload["url"], CSV, **other)
        assert (answer.status_code, answer.json["code"]) == (422, "wrong-bytes"), other
    assert put(sam, upload["url"], CSV, **upload["headers"]).status_code == 200


@pytest.mark.parametrize("in_parts", [False, True])
def test_deleting_an_upload_gives_it_up(sam: Person, *, in_parts: bool) -> None:
    said = reserve(sam, CSV, inParts=in_parts).json
    path = f"/api/files/{said['file']['id']}"
    for _ in range(2):
        answer = sam.delete(path)
        assert (answer.status_code, answer.json["state"]) == (200, "deleting")
    if not in_parts:
        assert put(sam, said["upload"]["url"], CSV, **said["upload"]["headers"]).status_code == 409
    assert sam.post(f"{path}/completion").status_code == 409
    with sam.acting():
        deleting.delete_due()
    assert sam.get(path).status_code == 404


def test_what_was_refused_at_its_address_says_so(sam: Person) -> None:
    said = reserve(sam, hostile.HTML, name="a.png", category="products").json
    refused = put(sam, said["upload"]["url"], hostile.HTML, **said["upload"]["headers"])
    assert (refused.status_code, refused.json["code"]) == (422, "wrong-bytes"), "a script reads a document"
    path = f"/api/files/{said['file']['id']}"
    done = sam.post(f"{path}/completion")
    assert (done.status_code, done.json["state"]) == (409, "refused")
    assert "its bytes are text/html" in done.json["detail"]
    assert [one["id"] for one in sam.get("/api/files?state=refused").json["items"]] == [said["file"]["id"]]
    page = put(sam, said["upload"]["url"], hostile.HTML, Accept="text/html,*/*")
    assert page.mimetype == "text/html"


@pytest.mark.parametrize("size", [0, 1])
def test_the_smallest_files(sam: Person, size: int) -> None:
    body = b"x" * size
    answer = sam.put("/api/files?name=a.txt&category=documents", data=body)
    assert answer.status_code == 201, answer.text
    assert fetch(sam, answer.json["id"]) == body
    said = reserve(sam, body, name="b.txt").json
    assert put(sam, said["upload"]["url"], body, **said["upload"]["headers"]).status_code == 200


def test_the_same_file_sent_twice_is_two_files(sam: Person) -> None:
    first, second = (sam.put("/api/files?name=a.txt&category=temp", data=b"a").json for _ in range(2))
    assert first["id"] != second["id"]
    assert first["sha256"] == second["sha256"]


def test_a_viewer_sends_nothing_and_a_stranger_finds_nothing(sam: Person, vera: Person, cleo: Person) -> None:
    said = reserve(sam, CSV, inParts=True).json
    path = f"/api/files/{said['file']['id']}"
    form = {"file": (io.BytesIO(CSV), "a.csv")}
    assert vera.post("/api/upload", data=form, content_type="multipart/form-data").status_code == 403
    assert vera.put("/api/files?name=a&category=temp", data=b"a").status_code == 403
    assert reserve(vera, CSV).status_code == 403
    for act in ("completion", "signed-url", "restoration"):
        assert cleo.post(f"{path}/{act}", json={}).status_code == 404, act
    for path_ in (path, f"{path}/content", f"{path}/parts"):
        assert cleo.get(path_).status_code == 404
    assert cleo.delete(path).status_code == cleo.delete(f"{path}/parts").status_code == 404


def test_lists_show_what_is_there_newest_first(sam: Person, vera: Person, cleo: Person) -> None:
    ids = [sam.put(f"/api/files?name={n}.txt&category=temp", data=b"a").json["id"] for n in range(3)]
    sam.put("/api/files?name=d.txt&category=documents", data=b"a")
    first = vera.get("/api/files?category=temp&limit=2").json
    assert [one["id"] for one in first["items"]] == ids[:0:-1]
    rest = vera.get(f"/api/files?category=temp&limit=2&after={first['nextCursor']}").json
    assert ([one["id"] for one in rest["items"]], rest["nextCursor"]) == (ids[:1], None)
    assert cleo.get("/api/files").json["items"] == []
    assert json.dumps(first).count("key") == 0, "a key is no address"


def test_a_file_goes_into_the_trash_and_comes_back(sam: Person) -> None:
    file_id = sam.put("/api/files?name=a.txt&category=documents", data=b"a").json["id"]
    for _ in range(2):
        assert sam.delete(f"/api/files/{file_id}").json["state"] == "trashed"
    assert sam.get(f"/api/files/{file_id}/content").status_code == 409
    for _ in range(2):
        assert sam.post(f"/api/files/{file_id}/restoration").json["state"] == "ready"
    assert fetch(sam, file_id) == b"a"
