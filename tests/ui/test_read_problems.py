"""The page that problem documents point at, for a visitor on a phone and for somebody inside."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.whole import look
from tests.world import Person


@pytest.mark.browser
def test_the_page_of_problems_is_whole_inside_and_outside(ada: Person, open_page: Callable[..., Page]) -> None:
    for person in (None, ada):
        page = open_page(person, "/docs/problems#not-found", viewport={"width": 320, "height": 700})
        assert page.locator("#not-found").is_visible()
        assert look(page) == []
