"""The page of prices on a phone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.width import assert_fits
from tests.world import Person


@pytest.mark.browser
def test_prices_fit_a_small_screen(pat: Person, open_page: Callable[..., Page]) -> None:
    """Tiers stand one below the other."""
    page = open_page(pat, "/storage/prices", viewport={"width": 320, "height": 700})
    assert page.locator("#h-aws").is_visible()
    assert_fits(page)
