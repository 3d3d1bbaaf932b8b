"""Reading a form: its text, its lines matched with items, and how sure that is."""

import pytest

from app.documents.reading import engine
from tests.documents.sheets import CUSTOMER, ROWS, as_bytes, as_pdf, as_scan, draw_sheet, spoil

WANTED = [(sku, quantity, price) for sku, _, quantity, price in ROWS]


def lines_of(found: dict) -> list[tuple[str, int, str]]:
    return [(line["sku"], line["quantity"], line["unitPrice"]) for line in found["lines"]]


def test_a_clean_form_is_read_whole(seeing, stocked, send):
    found = send(as_bytes(draw_sheet()))
    assert found["state"] == "read"
    assert lines_of(found) == WANTED
    assert found["customer"] == CUSTOMER
    assert all(line["confidence"] >= 0.9 for line in found["lines"])
    assert "PURCHASE ORDER" in found["text"]


@pytest.mark.slow
@pytest.mark.parametrize("angle", [3, 90, 183])
def test_a_bad_photo_is_read_too(seeing, stocked, send, angle):
    found = send(as_bytes(spoil(draw_sheet(), angle), "JPEG", quality=60), "photo.jpg")
    assert lines_of(found) == WANTED


def test_a_pdf_is_read_from_its_text(seeing, stocked, send, monkeypatch):
    monkeypatch.setattr(engine, "read_words", lambda picture: pytest.fail("looked at a picture"))
    found = send(as_pdf(), "order.pdf")
    assert lines_of(found) == WANTED
    assert {line["confidence"] for line in found["lines"]} == {0.98}


@pytest.mark.slow
def test_a_scanned_pdf_is_read_as_a_picture(seeing, stocked, send):
    assert lines_of(send(as_scan(), "scan.pdf")) == WANTED


def test_reading_twice_changes_nothing(seeing, stocked, send, ada):
    from app.documents import service

    found = send(as_pdf(), "order.pdf")
    with ada.acting():
        service.read_document(found["id"])
    assert ada.get(f"/api/documents/{found['id']}").json == found


def test_models_come_with_the_wheel():
    from pathlib import Path

    import rapidocr

    models = {path.name for path in (Path(rapidocr.__file__).parent / "models").glob("*.onnx")}
    assert {name.split("_")[1] for name in models if name.startswith("PP-OCR")} == {"det", "rec"}
