"""The guard `no_repeats` fails a test that reads row by row, and lets a good one pass."""

from contextlib import contextmanager

import pytest

from app.core.asking import asked_by
from app.core.db import db
from app.inventory.models import Item
from tests.orders.conftest import Shop, shop
from tests.queries.watch.guard import guarded, no_repeats
from tests.world import Person

__all__ = ["no_repeats", "shop"]  # fixtures


def test_pages_of_twelve_orders_read_nothing_row_by_row(ada: Person, orders: list[int], no_repeats: None) -> None:
    for path in ("/orders", "/api/orders", "/orders/3", "/api/orders/3", "/inventory", "/"):
        assert ada.get(path).status_code == 200, path


def test_placing_an_order_of_many_lines_reads_nothing_line_by_line(ada: Person, no_repeats: None, shop: Shop) -> None:
    for number in range(15):
        shop.item(f"MANY-{number}")
    lines = [{"sku": f"MANY-{number}", "quantity": 1, "unitPrice": "1.00"} for number in range(15)]
    placed = shop.place(lines=lines)
    assert ada.get(f"/orders/{placed['number']}").status_code == 200


def test_what_repeats_is_told_with_its_line(ada: Person, orders: list[int]) -> None:
    with (
        pytest.raises(AssertionError, match=r"tests.row-by-row at .*: 12 times \(get\)"),
        contextmanager(guarded)(),
        ada.acting(),
        asked_by("tests.row-by-row"),
    ):
        for item in orders:
            db.session.get(Item, (ada.company_id, item))
