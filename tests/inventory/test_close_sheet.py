"""A person counts a shelf in a browser and closes the sheet; the stock moves then and not before."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.world import Person

pytestmark = pytest.mark.browser


def test_a_sheet_is_made_counted_and_closed(ada: Person, open_page: Callable[..., Page]) -> None:
    for sku, units in (("LAMP-1", 10), ("LAMP-2", 4)):
        body = {"sku": sku, "name": "Lamp", "category": "Lamps", "onHand": units, "unitPrice": "12.50"}
        assert ada.post("/api/inventory", json=body).status_code == 201

    def on_hand(sku: str) -> int:
        return int(ada.get(f"/api/inventory/{sku}").json["onHand"])

    page = open_page(ada, "/inventory/stock-takes")
    page.get_by_role("link", name="New sheet").first.click()
    page.get_by_label("Name").fill("Back room")
    page.get_by_role("button", name="Make the sheet").click()
    page.get_by_label("Counted of LAMP-1").fill("8")
    page.get_by_role("button", name="Keep these counts").click()
    expect(page.get_by_text("1 of 2 items counted, 1 with a difference")).to_be_visible()
    assert on_hand("LAMP-1") == 10

    page.get_by_role("button", name="Close the sheet…").click()
    expect(page.get_by_role("heading", name="Close this sheet?")).to_be_visible()
    page.get_by_role("button", name="Close and move the stock").click()
    expect(page.get_by_text("the stock was moved")).to_be_visible()
    assert (on_hand("LAMP-1"), on_hand("LAMP-2")) == (8, 4)
    page.get_by_role("link", name="LAMP-1").click()
    expect(page.locator("#item-detail")).to_contain_text("−2")
