"""Small pictures of files, drawn by a process with little memory; what cannot be drawn says why."""

import struct
import tempfile
import zlib
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from reportlab.pdfgen import canvas

from app.storage.previews import draw as drawer
from app.storage.previews.draw import SIDE, Drawn
from app.storage.previews.lines import MOST_LINES, first_lines


def draw(path: Path, content_type: str) -> Drawn:
    with tempfile.TemporaryFile() as source:  # without a name, as in the spool
        source.write(path.read_bytes())
        return drawer.draw(source, content_type)


def picture(tmp_path: Path, kind: str, size: tuple[int, int] = (1200, 600), **options: object) -> Path:
    path = tmp_path / "picture"
    Image.new("RGB", size, "teal").save(path, kind, **options)
    return path


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


@pytest.mark.parametrize(
    ("kind", "content_type"),
    [
        ("PNG", "image/png"),
        ("JPEG", "image/jpeg"),
        ("GIF", "image/gif"),
        ("WEBP", "image/webp"),
        ("AVIF", "image/avif"),
    ],
)
def test_a_picture_becomes_a_small_one(tmp_path: Path, kind: str, content_type: str) -> None:
    drawn = draw(picture(tmp_path, kind), content_type)
    assert (drawn.about["width"], drawn.about["height"]) == (1200, 600)
    with Image.open(BytesIO(drawn.content)) as small:
        assert (small.format, small.size) == ("WEBP", (SIDE, SIDE // 2))


def test_a_photo_is_upright(tmp_path: Path) -> None:
    turned = Image.Exif()
    turned[274] = 6  # the camera was held on its side
    drawn = draw(picture(tmp_path, "JPEG", exif=turned), "image/jpeg")
    with Image.open(BytesIO(drawn.content)) as small:
        assert small.size == (SIDE // 2, SIDE)


def test_the_first_page_of_a_pdf_is_drawn(tmp_path: Path) -> None:
    path = tmp_path / "order.pdf"
    sheet = canvas.Canvas(str(path), pagesize=(300, 600))
    for _ in range(3):
        sheet.drawString(20, 500, "Order 7")
        sheet.showPage()
    sheet.save()
    drawn = draw(path, "application/pdf")
    assert drawn.about["pages"] == 3
    with Image.open(BytesIO(drawn.content)) as small:
        assert small.size == (SIDE // 2, SIDE)


def test_a_picture_that_says_it_is_huge_is_never_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "bomb.png"
    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 9999)))
    drawn = draw(path, "image/png")
    assert (drawn.content, drawn.about["problem"]) == (b"", "too-many-pixels")


@pytest.mark.parametrize("content_type", ["image/png", "image/jpeg", "application/pdf"])
def test_what_is_broken_or_another_kind_is_said_to_be(tmp_path: Path, content_type: str) -> None:
    path = tmp_path / "page.html"
    path.write_bytes(b"<script>alert(1)</script>" * 50)
    drawn = draw(path, content_type)
    assert (drawn.content, drawn.about) == (b"", {"problem": "broken"})


def test_a_pdf_that_unpacks_to_gigabytes_ends_at_a_limit(tmp_path: Path) -> None:
    side = 60_000  # a picture of 10 GB in a PDF of 10 MB at most
    rows = zlib.compressobj(9)
    packed = b"".join(rows.compress(b"\0" * side * 3) for _ in range(8_000)) + rows.flush()
    picture_object = (
        b"<</Type/XObject/Subtype/Image/Width %d/Height 8000/ColorSpace/DeviceRGB/BitsPerComponent 8"
        b"/Filter/FlateDecode/Length %d>>stream\n" % (side, len(packed)) + packed + b"\nendstream"
    )
    drawing = b"500 0 0 500 0 0 cm /P Do"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 500 500]/Contents 5 0 R/Resources<</XObject<</P 4 0 R>>>>>>",
        picture_object, b"<</Length %d>>stream\n" % len(drawing) + drawing + b"\nendstream",
    ]  # fmt: skip
    path = tmp_path / "bomb.pdf"
    path.write_bytes(b"%PDF-1.7\n" + b"".join(b"%d 0 obj" % n + one + b"endobj\n" for n, one in enumerate(objects, 1)) + b"trailer<</Root 1 0 R>>")  # fmt: skip
    drawn = draw(path, "application/pdf")
    assert len(drawn.content) < 20_000
    assert drawn.about.get("problem", "") in {"", "limits", "broken"}


def test_the_first_lines_of_a_text() -> None:
    told = first_lines(("\n".join(f"line {n}" for n in range(100))).encode(), "text/plain", is_whole=True)
    assert len(told["lines"]) == MOST_LINES
    assert told["has_more"]
    assert first_lines(b"\xef\xbb\xbfone\ntwo", "text/plain", is_whole=True) == {
        "lines": ["one", "two"],
        "has_more": False,
    }


def test_a_line_that_is_cut_is_left_out() -> None:
    assert first_lines("one\ntwé".encode()[:-1], "text/plain", is_whole=False) == {"lines": ["one"], "has_more": True}


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_rows_of_csv_by_their_separator(separator: str) -> None:
    told = first_lines(f'sku{separator}name\nA{separator}"one{separator}two"'.encode(), "text/csv", is_whole=True)
    assert told["rows"] == [["sku", "name"], ["A", f"one{separator}two"]]


def test_other_encodings_are_read_as_well_as_can_be() -> None:
    assert first_lines("Köln".encode("latin-1"), "text/plain", is_whole=True)["lines"] == ["Köln"]
    assert first_lines("Köln".encode("utf-16"), "text/plain", is_whole=True)["lines"] == ["Köln"]
