"""The form of an order, the list on a telephone, and notes of several lines, in a browser."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.world import Person

pytestmark = pytest.mark.browser
Open = Callable[..., Page]


def stock(ada: Person) -> None:
    for sku in ("FRAME", "LENS"):
        ada.post("/api/inventory", json={"sku": sku, "name": f"The {sku}", "onHand": 5, "unitPrice": "1.00"})


def test_a_sku_is_offered_while_it_is_typed(open_page: Open, ada: Person) -> None:
    stock(ada)
    page = open_page(ada, "/orders/new")
    expect(page.locator("#skus option")).to_have_count(2)
    page.get_by_label("SKU, line 1").press_sequentially("len")
    expect(page.locator("#skus option")).to_have_count(1)
    expect(page.locator("#skus option")).to_have_attribute("value", "LENS")


def test_the_address_says_only_what_is_asked_for(open_page: Open, ada: Person) -> None:
    stock(ada)
    page = open_page(ada, "/orders")
    page.get_by_role("searchbox").fill("Iris")
    page.get_by_role("searchbox").press("Enter")
    page.wait_for_url("**/orders?q=Iris")


def test_a_telephone_shows_who_ordered_and_until_when(open_page: Open, ada: Person) -> None:
    stock(ada)
    ada.post("/api/orders", json={"customer": {"name": "Iris Vale"}, "lines": [{"sku": "FRAME", "quantity": 1}]})
    page = open_page(ada, "/orders")
    page.set_viewport_size({"width": 390, "height": 800})
    expect(page.locator("#order-1").get_by_text("Iris Vale")).to_be_visible()
    due = page.locator('#order-1 [data-label="ship by"]')
    expect(due).to_be_visible()
    label = "element => getComputedStyle(element, '::before').content"
    assert "ship by" in due.evaluate(label)


def test_a_note_keeps_its_lines(open_page: Open, ada: Person) -> None:
    stock(ada)
    ada.post("/api/orders", json={"customer": {"name": "Iris Vale"}, "lines": [{"sku": "FRAME", "quantity": 1}]})
    ada.post("/api/orders/1/notes", json={"text": "Ring first\nThen knock"})
    page = open_page(ada, "/orders/1")
    note = page.locator("blockquote", has_text="Then knock")
    assert "\n" in note.inner_text()


def test_a_reader_meets_no_ticks(open_page: Open, ada: Person, vera: Person) -> None:
    stock(ada)
    ada.post("/api/orders", json={"customer": {"name": "Iris Vale"}, "lines": [{"sku": "FRAME", "quantity": 1}]})
    page = open_page(vera, "/orders")
    expect(page.locator("#order-1")).to_be_visible()
    expect(page.locator("#order-1 [data-tick]")).to_be_hidden()
    expect(page.locator("[data-tick-all]")).to_be_hidden()
