"""An open audit shows what happens while somebody looks at it."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.world import Person

pytestmark = pytest.mark.browser


def test_a_new_entry_comes_by_itself_and_what_is_open_stays_open(open_page: Callable[..., Page], ada: Person) -> None:
    ada.post("/api/inventory", json={"sku": "FRAME", "name": "Halden 52", "onHand": 5, "unitPrice": "1.00"})
    ada.patch("/api/inventory/FRAME", json={"name": "Halden 53", "version": 1})
    page = open_page(ada, "/audit")
    expect(page.locator("#list")).to_contain_text("FRAME")
    details = page.locator("details").first
    if details.count():
        details.locator("summary").click()
    line = {"sku": "FRAME", "quantity": 1}
    ada.post("/api/orders", json={"customer": {"name": "Iris Vale"}, "lines": [line]})
    expect(page.locator("#list")).to_contain_text("placed order 1 for Iris Vale", timeout=15_000)
    if details.count():
        expect(page.locator("details[open]")).to_have_count(1)
