"""An Idempotency-Key stands for the file it made: the same request again makes no other."""

import io
from typing import Any
from uuid import uuid4

import pytest

from app.storage.service import sending
from tests.storage import hostile
from tests.world import Person

CSV = b"sku,name\nA1,Frame\n"


def reserve(person: Person, key: str, **values: Any) -> Any:
    said = {"name": "a.csv", "category": "documents", "sizeBytes": len(CSV), **values}
    return person.post("/api/files", json=said, headers={"Idempotency-Key": key})


def put(person: Person, key: str, body: bytes = CSV) -> Any:
    return person.put("/api/files?name=a.csv&category=documents", data=body, headers={"Idempotency-Key": key})


def form(person: Person, key: str, body: bytes = hostile.PNG) -> Any:
    sent = {"file": (io.BytesIO(body), "a.png"), "uploadType": "products"}
    headers = {"Idempotency-Key": key}
    return person.post("/api/upload", data=sent, content_type="multipart/form-data", headers=headers)


def count(person: Person) -> int:
    statement = "SELECT count(*) AS n FROM stored_files WHERE company_id = %s AND parent_id IS NULL"
    row = person.world.sql.execute(statement, (person.company_id,)).fetchone()
    return int(row["n"]) if row else 0


def test_every_way_in_makes_one_file_of_a_repeat(sam: Person) -> None:
    for number, send in enumerate((reserve, put, form), 1):
        key = uuid4().hex
        first, again = send(sam, key), send(sam, key)
        assert (first.status_code, again.status_code) == (201, 201), again.text
        ids = [one.json.get("id") or one.json["file"]["id"] for one in (first, again)]
        assert ids[0] == ids[1]
        assert "Idempotency-Replayed" not in first.headers
        assert again.headers["Idempotency-Replayed"] == "true"
        assert count(sam) == number


def test_a_repeated_reservation_gives_an_address_that_works(sam: Person) -> None:
    from urllib.parse import urlsplit

    key = uuid4().hex
    reserve(sam, key)
    upload = reserve(sam, key).json["upload"]
    path = urlsplit(upload["url"]).path
    assert sam.app.test_client().put(path, data=CSV, headers=upload["headers"]).status_code == 200
    done = reserve(sam, key).json
    assert (done["file"]["state"], done["upload"]["url"]) == ("ready", None)
    parts = [reserve(sam, "parts", inParts=True).json for _ in range(2)]
    assert parts[0]["upload"] == parts[1]["upload"]
    assert parts[0]["upload"]["parts"] == 1


def test_a_key_stands_for_one_file_and_another_company_has_its_own(sam: Person, cleo: Person) -> None:
    key = uuid4().hex
    for first, other in (
        (reserve(sam, key), reserve(sam, key, name="b.csv")),
        (put(sam, key), put(sam, key, CSV + b"B2,Lens\n")),
        (form(sam, key), form(sam, key, hostile.PNG + b"\0")),
    ):
        assert first.status_code == 201, first.text
        assert (other.status_code, other.json["code"]) == (422, "idempotency-key-reused")
    assert reserve(cleo, key).status_code == 201
    assert put(sam, "k" * 256).json["code"] == "idempotency-key-too-long"


def test_a_refused_request_leaves_its_key_free(sam: Person) -> None:
    key = uuid4().hex
    assert put(sam, key, hostile.HTML).status_code in (415, 422)
    assert put(sam, key).status_code == 201


def test_a_request_under_way_is_said(sam: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    key = uuid4().hex
    seen = []
    keep = sending.keep

    def ask_again_meanwhile(*given: Any) -> Any:
        monkeypatch.setattr(sending, "keep", keep)
        seen.append(put(sam, key))
        return keep(*given)

    monkeypatch.setattr(sending, "keep", ask_again_meanwhile)
    assert put(sam, key).status_code == 201
    assert [(one.status_code, one.json["code"]) for one in seen] == [(409, "idempotency-key-in-flight")]
