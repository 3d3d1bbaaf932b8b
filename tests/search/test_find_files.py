"""A file's name, id, key or digest leads to it, for those of its company."""

from tests.storage.browsing.conftest import Send, send
from tests.world import Person

__all__ = ["send"]


def test_what_names_one_file_goes_to_its_page(ada: Person, cleo: Person, send: Send) -> None:
    row = send(ada, "price list.txt")
    for text in (row.id, row.key, row.sha256):
        answer = ada.get("/search", query_string={"q": text})
        assert (answer.status_code, answer.location) == (303, f"/storage/files/{row.id}")
        assert cleo.get("/search", query_string={"q": text}).status_code == 200


def test_a_word_of_its_name_finds_it(ada: Person, cleo: Person, send: Send) -> None:
    send(ada, "price list.txt")
    assert "price list.txt" in ada.get("/search?q=price").text
    assert "price list.txt" not in cleo.get("/search?q=price").text
