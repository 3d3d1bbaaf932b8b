"""The pages of the cache, by day and by night, wide and narrow: nothing wrong with them, and they stay fresh."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.whole import visit
from tests.world import Person

pytestmark = [pytest.mark.browser, pytest.mark.slow]
Open = Callable[..., Page]


def test_nothing_is_wrong_with_the_pages(open_page: Open, pat: Person, ada: Person) -> None:
    for _ in range(3):
        ada.get("/inventory")
    paths = ("/cache", "/cache/purge", "/cache/purge?kind=namespace&value=inventory.summary")
    assert visit(open_page(pat, "/cache", reduced_motion="reduce"), paths) == []


def test_a_purge_by_hand(open_page: Open, pat: Person, ada: Person) -> None:
    """From the row of a namespace, with a reason, back to the page that says so."""
    page = open_page(pat, "/cache")
    page.get_by_role("row", name="inventory.summary").get_by_role("link", name="Purge").click()
    expect(page.get_by_label("One namespace")).to_be_checked()
    page.get_by_label("Reason").fill("It looks wrong")
    page.get_by_role("button", name="Purge").click()
    expect(page.locator("#toasts").get_by_text("inventory.summary is purged.")).to_be_visible()
