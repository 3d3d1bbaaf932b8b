"""A refusal says what is wrong and what helps, in words that are true of this file."""

import hashlib
from typing import Any

import pytest

from tests.storage import hostile
from tests.world import Person


def put(person: Person, name: str, body: bytes, category: str = "documents", **query: str) -> Any:
    return person.put("/api/files", query_string={"name": name, "category": category, **query}, data=body)


def test_a_file_in_the_trash_says_restore_it(sam: Person) -> None:
    file_id = put(sam, "a.txt", b"a").json["id"]
    sam.delete(f"/api/files/{file_id}")
    for answer in (sam.get(f"/api/files/{file_id}/content"), sam.post(f"/api/files/{file_id}/signed-url", json={})):
        assert (answer.status_code, answer.json["state"]) == (409, "trashed")
        assert "restore it" in answer.json["detail"]


@pytest.mark.parametrize(
    ("name", "body", "category", "status", "says"),
    [
        ("a.png", hostile.PDF, "documents", 422, "name it as what it is, or send the real file"),
        ("a.png", b"", "products", 422, "send the real file"),
        ("x.html", hostile.PNG, "documents", 415, "That is what its name or its sender says"),
        ("x", hostile.PDF, "products", 415, "Taken there: AVIF, GIF, JPG, PNG, WEBP."),
        ("x.sh", b"a", "temp", 415, "Taken there: anything but programs."),
    ],
)
def test_what_cannot_succeed_again_is_not_advised(
    sam: Person, name: str, body: bytes, category: str, status: int, says: str
) -> None:
    answer = put(sam, name, body, category)
    assert (answer.status_code, says in answer.json["detail"]) == (status, True), answer.text
    assert "send it again" not in answer.text


def test_an_empty_picture_is_called_empty_and_never_reserved(sam: Person) -> None:
    said = {"name": "a.png", "category": "products", "sizeBytes": 0}
    for answer in (put(sam, "a.png", b"", "products"), sam.post("/api/files", json=said)):
        assert answer.status_code == 422
        assert "it is empty, and no image/png is" in answer.json["title"]


def test_a_digest_may_be_in_capitals_and_is_explained(sam: Person) -> None:
    digest = hashlib.sha256(b"a").hexdigest()
    assert put(sam, "a.txt", b"a", sha256=digest.upper()).json["sha256"] == digest
    answer = put(sam, "a.txt", b"a", sha256="zz")
    assert (answer.status_code, "64 hexadecimal digits" in answer.text) == (422, True)


def test_limits_are_said_as_the_page_says_them_and_whose_they_are(sam: Person) -> None:
    said = {"name": "a.png", "category": "products", "sizeBytes": (50 << 20) + 1}
    assert "The most that is taken here is 50 MiB." in sam.post("/api/files", json=said).json["detail"]
    sam.world.sql.execute(
        "INSERT INTO storage_quotas (company_id, category, hard_bytes, reason, updated_at, version)"
        " VALUES (%s, 'temp', 2000, '', now(), 1)", (sam.company_id,)
    )  # fmt: skip
    answer = put(sam, "a.txt", b"a" * 3000, "temp")
    assert answer.status_code == 413
    assert "2,000 bytes are left of what the folder temp may hold" in answer.json["detail"]
