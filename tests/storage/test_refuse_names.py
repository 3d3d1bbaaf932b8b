"""Ten thousand hostile names: none changes a key, none leads anywhere, none breaks a header."""

import re
import unicodedata

import pytest
from werkzeug.datastructures import Headers
from werkzeug.http import parse_options_header

from app.core.ids import CompanyId
from app.storage.keys import company_of, is_key, new_key
from app.storage.states import Category
from app.storage.types import clean_name, disposition
from tests.storage.hostile import hostile_names

MANY = 10_000


def test_no_name_survives_that_could_do_harm() -> None:
    for name in hostile_names(MANY):
        clean = clean_name(name)
        assert clean == clean_name(clean), ascii(name)
        assert 0 < len(clean) <= 200
        assert len(clean.encode()) <= 240, ascii(name)
        assert clean == unicodedata.normalize("NFC", clean)
        assert not re.search(r'[\x00-\x1f\x7f-\x9f/\\:"<>|?*\u202a-\u202e\u2066-\u2069\u2028\u2029]', clean), ascii(
            name
        )
        assert clean.strip(" .") == clean
        assert not re.match(r"(con|nul|aux|prn|com\d|lpt\d)(\.|$)", clean, re.IGNORECASE), ascii(name)


def test_no_name_breaks_a_header_and_every_name_is_read_back() -> None:
    for name in hostile_names(MANY):
        written = disposition(name)
        assert written.isascii()
        assert written.isprintable()
        Headers().add("Content-Disposition", written)
        how, options = parse_options_header(written)
        assert how == "attachment", ascii(name)
        assert set(options) == {"filename"}, ascii(name)
        assert options["filename"] == clean_name(name), (ascii(name), written)


def test_keys_are_of_ids_and_chance_only() -> None:
    keys = {new_key(CompanyId(7), category) for category in Category for _ in range(200)}
    assert len(keys) == 200 * len(Category)
    assert all(is_key(key) and company_of(key) == 7 for key in keys)
    assert not any(is_key(name) for name in hostile_names(MANY))


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ada\\Frames 2026.pdf", "Frames 2026.pdf"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("Re\u0301sume\u0301.pdf", "Résumé.pdf"),
        ("CON.txt", "_CON.txt"),
        ("a\r\nSet-Cookie: x.csv", "aSet-Cookie_ x.csv"),
        ("Report 12:30.csv", "Report 12_30.csv"),
        ("..", "file"),
        ("\0", "file"),
        ("👩\u200d👩\u200d👧.png", "👩\u200d👩\u200d👧.png"),
    ],
)
def test_what_becomes_of_a_name(sent: str, kept: str) -> None:
    assert clean_name(sent) == kept


def test_a_long_name_keeps_its_end() -> None:
    assert clean_name("é" * 4096 + ".pdf") == "é" * 118 + ".pdf"


def test_a_name_in_another_script_is_sent_both_ways() -> None:
    assert disposition("Größe.pdf") == "attachment; filename=\"Groe.pdf\"; filename*=UTF-8''Gr%C3%B6%C3%9Fe.pdf"
    assert disposition("Frames.pdf", inline=True) == 'inline; filename="Frames.pdf"'
