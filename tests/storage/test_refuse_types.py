"""What a file is, is told from its bytes; what lies about itself is refused by name."""

import pytest

from app.storage.problems import FileTooLarge, TypeNotAllowed, WrongBytes
from app.storage.states import Category
from app.storage.types import (
    ALLOWED,
    MOST_BYTES,
    check_bytes,
    check_size,
    expected_type,
    may_inline,
    most_bytes,
    served_type,
    sniff,
)
from tests.storage import hostile

OOXML = "application/vnd.openxmlformats-officedocument."


@pytest.mark.parametrize(
    ("head", "name", "found"),
    [
        (hostile.PNG, "", "image/png"),
        (hostile.GIF, "", "image/gif"),
        (hostile.JPEG, "", "image/jpeg"),
        (hostile.WEBP, "", "image/webp"),
        (hostile.AVIF, "", "image/avif"),
        (hostile.PDF, "", "application/pdf"),
        (hostile.SVG, "logo.png", "image/svg+xml"),
        (hostile.HTML, "page.txt", "text/html"),
        (b"\xef\xbb\xbf  <HTML lang=en>", "a.txt", "text/html"),
        ("<html>".encode("utf-16"), "a.txt", "text/html"),
        (b"<?xml version='1.0'?><orders/>", "a.xml", "text/xml"),
        (b"sku,name\nA1,Frame\n", "items.csv", "text/csv"),
        (b"sku,name\nA1,Frame\n", "items", "text/plain"),
        ("Größe;Preis\n".encode("cp1252"), "items.csv", "text/csv"),
        (b'{"a": 1}', "a.json", "application/json"),
        (b"1 < 2 and 3 > 2", "a.txt", "text/plain"),
        (b"", "a.txt", "text/plain"),
        (hostile.archive("[Content_Types].xml", "word/document.xml"), "a.docx", f"{OOXML}wordprocessingml.document"),
        (hostile.archive("[Content_Types].xml", "xl/workbook.xml"), "a.zip", f"{OOXML}spreadsheetml.sheet"),
        (hostile.archive("a.txt"), "a.docx", "application/zip"),
        (hostile.archive("META-INF/MANIFEST.MF", "A.class"), "a.zip", "application/x-executable"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old.doc", "application/msword"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old.msi", "application/x-ole-storage"),
        (b"BM" + bytes(60), "a.png", "application/octet-stream"),
        (bytes(range(256)) * 4, "a.bin", "application/octet-stream"),
    ],
)
def test_bytes_say_what_they_are(head: bytes, name: str, found: str) -> None:
    assert sniff(head, name) == found


@pytest.mark.parametrize("category", ["products", "profiles"])
@pytest.mark.parametrize(
    "head",
    [hostile.SVG, hostile.HTML, hostile.PDF, b"a,b\n", hostile.archive("a")],
    ids=["svg", "html", "pdf", "csv", "zip"],
)
def test_pictures_only_where_pictures_belong(category: str, head: bytes) -> None:
    with pytest.raises(TypeNotAllowed):
        check_bytes(Category(category), head, "picture")


@pytest.mark.parametrize("name", hostile.PROGRAMS)
@pytest.mark.parametrize("category", list(Category))
def test_programs_are_taken_nowhere(category: Category, name: str) -> None:
    with pytest.raises((TypeNotAllowed, WrongBytes)):
        check_bytes(category, hostile.PROGRAMS[name], name)


@pytest.mark.parametrize(
    ("head", "name", "claimed", "says"),
    [
        (hostile.PDF, "a.png", "", "its name says image/png, its bytes are application/pdf"),
        (hostile.HTML, "a.png", "image/png", "its name says image/png, its bytes are text/html"),
        (hostile.PNG, "a", "image/jpeg", "it was said to be image/jpeg, its bytes are image/png"),
        (hostile.SVG, "a.txt", "text/plain", "its name says text/plain, its bytes are image/svg+xml"),
    ],
)
def test_a_lie_is_named_with_both_sides(head: bytes, name: str, claimed: str, says: str) -> None:
    with pytest.raises(WrongBytes) as told:
        check_bytes(Category.DOCUMENTS, head, name, claimed)
    assert says in told.value.sentence


@pytest.mark.parametrize(
    ("head", "name"),
    [(hostile.GIF_SCRIPT, "a.gif"), (hostile.PDF_PAGE, "a.pdf"), (hostile.PNG_PAGE, "a.png")],
    ids=["GIF and script", "PDF and page", "PNG and page"],
)
def test_what_is_two_things_at_once_is_refused(head: bytes, name: str) -> None:
    with pytest.raises(WrongBytes) as told:
        check_bytes(Category.TEMP, head, name)
    assert "too" in told.value.sentence


@pytest.mark.parametrize(
    ("name", "claimed", "head"),
    [
        ("items.csv", "application/vnd.ms-excel", b"a,b\n"),
        ("photo.jpg", "image/jpg", hostile.JPEG),
        ("notes.md", "text/markdown", b"# Notes\n"),
        ("data.json", "", b"[1]"),
        ("photo", "application/octet-stream", hostile.PNG),
    ],
)
def test_honest_senders_with_odd_words_are_believed(name: str, claimed: str, head: bytes) -> None:
    check_bytes(Category.DOCUMENTS, head, name, claimed)


def test_nothing_that_runs_is_shown_inline() -> None:
    for live in (
        "image/svg+xml",
        "text/html",
        "text/xml",
        "application/xhtml+xml",
        "text/javascript",
        "",
        "image/tiff",
    ):
        assert not may_inline(live)
    assert may_inline("image/png")
    assert served_type("image/svg+xml") == served_type("text/html") == "application/octet-stream"
    assert served_type("text/plain") == "text/plain; charset=utf-8"


def test_what_will_be_is_known_before_any_byte() -> None:
    assert expected_type("a.pdf", "") == "application/pdf"
    assert expected_type("a.csv", "application/vnd.ms-excel") == "text/csv"
    assert expected_type("a", "image/png; charset=x") == "image/png"
    assert expected_type("a.qqq", "") == "application/octet-stream"


def test_every_category_has_its_rules() -> None:
    assert set(MOST_BYTES) == set(Category)
    assert set(ALLOWED) == set(Category) - {Category.TEMP}
    check_size(Category.PROFILES, most_bytes(Category.PROFILES))
    with pytest.raises(FileTooLarge):
        check_size(Category.PROFILES, most_bytes(Category.PROFILES) + 1)


def test_an_archive_is_never_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    import zlib

    bomb = hostile.zip_bomb()
    monkeypatch.setattr(zlib, "decompress", None)
    monkeypatch.setattr(zlib, "decompressobj", None)
    assert sniff(bomb[:65_536], "a.zip") == "application/zip"
