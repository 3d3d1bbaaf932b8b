"""A sender who says nothing for half a minute is given up, and told how far it came."""

import io
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.world import Person

SIZE = 200_000


class Stalling(io.RawIOBase):
    """A line on which some bytes come, and then nothing, until the socket's own patience ends."""

    def __init__(self, body: bytes, error: type[OSError]) -> None:
        self.body, self.error = io.BytesIO(body), error

    def readable(self) -> bool:
        return True

    def readinto(self, into: Any) -> int:
        piece = self.body.read(len(into))
        if not piece:
            raise self.error("timed out")
        into[: len(piece)] = piece
        return len(piece)


def send(person: Person, path: str, came: int, error: type[OSError]) -> Any:
    line = io.BufferedReader(Stalling(b"a" * came, error), 1000)
    return person.put(
        path, environ_overrides={"wsgi.input": line, "CONTENT_LENGTH": str(SIZE), "CONTENT_TYPE": "text/plain"}
    )


@pytest.mark.parametrize("came", [0, 100, 150_000], ids=["none", "less than is looked at", "most"])
def test_a_stalled_sender_gets_408_with_what_came(sam: Person, came: int) -> None:
    answer = send(sam, "/api/files?name=a.txt&category=temp", came, TimeoutError)
    assert (answer.status_code, answer.json["code"]) == (408, "sender-too-slow"), answer.text
    assert (answer.json["sizeBytes"], answer.json["cameBytes"] <= came) == (SIZE, True)
    assert f"of {SIZE} bytes had come" in answer.json["detail"]
    assert sam.get("/api/files?state=pending").json["items"] == sam.get("/api/files").json["items"] == []


def test_at_a_signed_address_too_and_the_reservation_stays(sam: Person) -> None:
    said = sam.post("/api/files", json={"name": "a.txt", "category": "temp", "sizeBytes": SIZE}).json
    path = urlsplit(said["upload"]["url"]).path
    assert send(sam, path, 150_000, TimeoutError).status_code == 408
    assert sam.put(path, data=b"a" * SIZE, content_type="text/plain").status_code == 200


def test_one_who_hangs_up_is_not_called_slow(sam: Person) -> None:
    assert send(sam, "/api/files?name=a.txt&category=temp", 100, ConnectionResetError).status_code == 400
