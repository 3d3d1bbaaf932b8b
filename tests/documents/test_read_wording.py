"""Order forms that are plain text, line by line: every usual way to say an item and how many of it."""

import pytest

from app.documents.reading import engine
from tests.documents.sheets import as_text_pdf

ITEMS = [
    ("CAS-HARD-BLK", "Hard case, black"),
    ("CAS-HARD-TAN", "Hard case, tan"),
    ("CHN-BEAD-AMB", "Bead chain, amber"),
    ("22423", "Regency cake stand"),
]
GREETING = "Good morning, please send us this:"


@pytest.fixture
def shelved(ada, monkeypatch):
    for sku, name in ITEMS:
        made = ada.post("/api/inventory", json={"sku": sku, "name": name, "onHand": 500, "unitPrice": "9.99"})
        assert made.status_code == 201, made.text
    monkeypatch.setattr(engine, "read_words", lambda picture: pytest.fail("looked at a picture"))


def read(send, *lines: str) -> list[tuple]:
    found = send(as_text_pdf(GREETING, *lines), "order.pdf")
    assert found["state"] == "read"
    return [(line["sku"], line["quantity"], line["unitPrice"], line["confidence"]) for line in found["lines"]]


def test_sku_and_name_with_the_quantity_last(seeing, shelved, send):
    lines = read(send, "CAS-HARD-BLK Hard case, black 3", "CHN-BEAD-AMB Bead chain, amber 12", "22423 Cake stand 2")
    assert lines == [
        ("CAS-HARD-BLK", 3, None, 0.6),
        ("CHN-BEAD-AMB", 12, None, 0.6),
        ("22423", 2, None, 0.6),
    ]


def test_a_table_whose_head_is_one_piece_of_text(seeing, shelved, send):
    lines = read(send, "SKU Item Qty", "CAS-HARD-BLK Hard case, black 3", "CAS-HARD-TAN Hard case, tan 40")
    assert lines == [("CAS-HARD-BLK", 3, None, 0.95), ("CAS-HARD-TAN", 40, None, 0.95)]


@pytest.mark.parametrize(
    ("head", "row", "price"),
    [
        ("SKU Item Qty Unit price", "CAS-HARD-BLK Hard case, black 3 12.50", "12.50"),
        ("SKU Item Unit price Qty", "CAS-HARD-BLK Hard case, black 12 3", "12"),
        ("SKU Item Qty Unit price", "CAS-HARD-BLK Hard case, black 3 12", "12"),
        ("SKU Item Qty Price Total", "CAS-HARD-BLK Hard case, black 3 12.50 37.50", "12.50"),
        ("SKU Qty Item", "CAS-HARD-BLK 3 Hard case, black", None),
        ("Qty SKU Item", "3 CAS-HARD-BLK Hard case, black", None),
    ],
)
def test_a_table_in_any_order(seeing, shelved, send, head, row, price):
    ((sku, quantity, unit_price, sure),) = read(send, head, row)
    assert (sku, quantity, unit_price) == ("CAS-HARD-BLK", 3, price)
    assert sure >= 0.95


def test_quantity_and_sku_side_by_side(seeing, shelved, send):
    lines = read(send, "3 x CAS-HARD-BLK", "CHN-BEAD-AMB x 2", "CAS-HARD-TAN 4", "5 x 22423")
    assert lines == [
        ("CAS-HARD-BLK", 3, None, 0.95),
        ("CHN-BEAD-AMB", 2, None, 0.95),
        ("CAS-HARD-TAN", 4, None, 0.6),
        ("22423", 5, None, 0.95),
    ]


@pytest.mark.parametrize(
    ("row", "price", "sure"),
    [
        ("3x CAS-HARD-BLK", None, 0.95),
        ("3 × cas-hard-blk Hard case, black", None, 0.95),
        ("- 3 pcs of CAS-HARD-BLK", None, 0.95),
        ("3 pieces CAS-HARD-BLK", None, 0.95),
        ("CAS-HARD-BLK x3", None, 0.95),
        ("CAS-HARD-BLK: 3 pcs", None, 0.95),
        ("CAS-HARD-BLK x 3 12.50", "12.50", 0.95),
        ("CAS-HARD-BLK, 3", None, 0.6),
        ("CAS-HARD-BLK (3)", None, 0.6),
        ("3 CAS-HARD-BLK Hard case", None, 0.6),
        ("CAS-HARD-BLK Hard case 20 cm 3", None, 0.6),
        ("CAS-HARD-BLK Hard case 3 x 12.50", "12.50", 0.6),
        ("CAS-HARD-BLK Hard case 3 @ £12.50", "12.50", 0.6),
        ("CAS-HARD-BLK Hard case 3 12.50 37.50", "12.50", 0.98),
    ],
)
def test_one_line_and_how_sure_it_is(seeing, shelved, send, row, price, sure):
    assert read(send, row) == [("CAS-HARD-BLK", 3, price, sure)]


def test_several_in_one_line(seeing, shelved, send):
    lines = read(send, "3 x CAS-HARD-BLK, CHN-BEAD-AMB x 2, CAS-HARD-TAN 4")
    assert [line[:2] for line in lines] == [("CAS-HARD-BLK", 3), ("CHN-BEAD-AMB", 2), ("CAS-HARD-TAN", 4)]


def test_a_name_without_a_sku_and_what_orders_nothing(seeing, shelved, send):
    ((sku, quantity, _, sure),) = read(send, "Bead chain, amber 7", "CAS-HARD-BLK is lovely", "Page 1 of 2")
    assert (sku, quantity) == ("CHN-BEAD-AMB", 7)
    assert 0.45 <= sure <= 0.6
