"""The page of pools in a browser: whole by day and night, wide and narrow, and it reads itself again."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.whole import listen, look_from_all_sides
from tests.world import Person


def test_pools_are_shown_whole_and_read_again(open_page: Callable[..., Page], pat: Person) -> None:
    page = open_page(pat, "/pools", reduced_motion="reduce")
    faults = listen(page)
    page.on("pageerror", lambda error: faults.append(str(error)))
    # Processes tell every five seconds, the page reads as often: it fills by itself.
    expect(page.locator("#pools")).to_contain_text("web:", timeout=60_000)
    expect(page.locator("#pool-app")).to_be_visible(timeout=60_000)
    faults += look_from_all_sides(page)
    assert not faults, "\n".join(faults)
