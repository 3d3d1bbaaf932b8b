"""The pages in a real browser: a report is made with and without script, and no page has an accessibility fault."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from app.notifications.service import News, send_news
from tests.site import wait_for
from tests.whole import look_from_all_sides, visit
from tests.world import Person

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
LONG_MS = 60_000


def sell(person: Person) -> None:
    person.post("/api/inventory", json={"sku": "FRAME", "name": "Halden 52", "onHand": 9, "unitPrice": "129.00"})
    line = {"sku": "FRAME", "quantity": 2, "unitPrice": "129.00"}
    for currency in ("GBP", "EUR"):
        person.post("/api/orders", json={"customer": {"name": "Iris"}, "currency": currency, "lines": [line]})


def test_a_report_is_made_while_one_looks(open_page: Open, sam: Person) -> None:
    sell(sam)
    page = open_page(sam, "/reports")
    page.get_by_label("CSV").check()
    page.get_by_role("button", name="Make it").click()
    expect(page.get_by_text("Ready", exact=True)).to_be_visible(timeout=LONG_MS)
    expect(page.locator("#bell")).to_be_visible(timeout=LONG_MS)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download Sales report").last.click()
    assert download.value.suggested_filename.startswith("sales-")


def test_without_script_it_is_a_form_and_a_link(open_page: Open, sam: Person) -> None:
    sell(sam)
    page = open_page(sam, "/reports", java_script_enabled=False)
    page.get_by_label("About").select_option("financial")
    page.get_by_role("button", name="Make it").click()
    expect(page.get_by_text("Financial report of")).to_be_visible()
    wait_for(lambda: page.reload() and page.get_by_text("Ready", exact=True).count(), limit_s=LONG_MS / 1000)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download Financial report").click()
    assert download.value.suggested_filename.endswith(".pdf")
    page.locator(".top__bell").click()
    page.get_by_role("link", name="All notifications").click()
    page.get_by_role("button", name="See: Financial report").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Financial report")


@pytest.mark.slow
def test_no_page_has_a_fault(open_page: Open, ada: Person, pat: Person) -> None:
    sell(ada)
    ada.post("/api/reports", json={"kind": "sales", "period": "today"})
    with ada.acting():
        for kind, text in (("export-ready", "The orders are ready."), ("late-orders", "3 orders are late.")):
            send_news(News(kind, text, "/orders"), people=[ada.public_id])
    page = open_page(ada, "/orders", reduced_motion="reduce")
    faults = visit(page, ("/reports", "/notifications", "/reports?after="))
    faults += visit(open_page(pat, reduced_motion="reduce"), ("/backups",))
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/orders")
    page.locator(".top__bell").click()
    expect(page.locator("#menu-bell-rows form").first).to_be_visible(timeout=LONG_MS)
    faults += [f"menu: {fault}" for fault in look_from_all_sides(page)]
    assert faults == []
