"""Everything a person does, with JavaScript off: pages and forms alone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.world import Person

pytestmark = pytest.mark.browser
Open = Callable[..., Page]


@pytest.mark.smoke
def test_sign_in_order_pay_pack_and_ship(open_page: Open, ada: Person) -> None:
    ada.post("/api/inventory", json={"sku": "FRAME", "name": "Halden 52", "onHand": 5, "unitPrice": "129.00"})
    page = open_page(None, "/orders", java_script_enabled=False)
    page.get_by_label("E-mail").fill(ada.email)
    page.get_by_label("Password", exact=True).fill(ada.password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Orders")
    page.get_by_role("link", name="New order").first.click()
    page.get_by_role("textbox", name="Customer", exact=True).fill("Iris Vale")
    page.get_by_label("SKU, line 1").fill("FRAME")
    page.get_by_label("Quantity, line 1").fill("2")
    page.get_by_role("button", name="Place").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Order 1")
    expect(page.locator("main")).to_contain_text("£258.00")
    page.get_by_role("button", name="Mark paid").click()
    page.get_by_role("button", name="Mark packed").click()
    page.get_by_role("link", name="Ship").first.click()
    page.get_by_label("Carrier").fill("Royal Mail")
    page.get_by_label("Tracking").fill("RM123456785GB")
    page.locator("main form button[type=submit]").last.click()
    expect(page.locator("main")).to_contain_text("RM123456785GB")
    assert ada.get("/api/orders/1").json["state"] == "shipped"
    assert ada.get("/api/inventory/FRAME").json["onHand"] == 3


def test_filter_sort_and_page_are_links(open_page: Open, ada: Person) -> None:
    ada.post("/api/inventory", json={"sku": "FRAME", "name": "Halden 52", "onHand": 500, "unitPrice": "1.00"})
    for number in range(60):
        body = {
            "customer": {"name": f"Customer {number}"},
            "currency": "GBP",
            "lines": [{"sku": "FRAME", "quantity": 1}],
        }
        assert ada.post("/api/orders", json=body).status_code == 201
    page = open_page(ada, "/orders", java_script_enabled=False)
    first = page.locator("#rows > tr").first.get_attribute("id")
    page.get_by_role("link", name="Older").click()
    assert page.locator("#rows > tr").first.get_attribute("id") != first
    page.goto("/orders")
    page.get_by_role("searchbox").fill("Customer 7")
    page.get_by_role("searchbox").press("Enter")
    expect(page.locator("#rows")).to_contain_text("Customer 7")
    expect(page.locator("#rows")).not_to_contain_text("Customer 12")
    assert page.url.endswith("/orders?q=Customer+7")


def test_an_act_on_ticked_orders_asks_on_a_page(open_page: Open, ada: Person) -> None:
    ada.post("/api/inventory", json={"sku": "FRAME", "name": "Halden 52", "onHand": 5, "unitPrice": "1.00"})
    ada.post("/api/orders", json={"customer": {"name": "Iris Vale"}, "lines": [{"sku": "FRAME", "quantity": 1}]})
    page = open_page(ada, "/orders", java_script_enabled=False)
    expect(page.locator("[data-needs-script]").first).to_be_hidden()
    page.get_by_label("Select order 1").check()
    page.get_by_role("button", name="Add note…").click()
    page.get_by_role("textbox", name="Note").fill("Call first")
    page.get_by_role("button", name="Add a note to 1 order").click()
    expect(page.locator("#toasts")).to_contain_text("1 order was given a note")
    page.get_by_role("link", name="1", exact=True).click()
    expect(page.locator("main")).to_contain_text("Call first")
