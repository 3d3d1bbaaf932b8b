"""Slow queries in real browsers, with a relay and a worker: whole, live, and usable without script."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.queries.pages.given import MINUTE, Sent, sent
from tests.whole import visit
from tests.world import Person

pytestmark = [pytest.mark.browser, pytest.mark.slow]
Open = Callable[..., Page]
LIMIT_MS = 60_000


def troubled(pat: Person, ada: Person) -> Sent:
    """A statement with everything a page can show of one."""
    one = sent(pat).called(20_000, 40).called(900, 40, ago=80 * MINUTE).called(30_000, 4, timeouts=4, ago=3 * MINUTE)
    one.called_by(ada.company_id, 20_000, 30).called_by(0, 20_000, 10).from_line("reports.write_report").repeated(26)
    one.sampled("timeout", 30_000, sqlstate="57014", request_id="a-request", endpoint="reports.write_report")
    return one.changed("plan", "Index scan to sequential scan").changed("known", "Somebody marked it as known")


def test_every_page_is_whole(open_page: Open, pat: Person, ada: Person) -> None:
    one = troubled(pat, ada)
    paths = (
        "/slow-queries",
        "/slow-queries?window=7d&q=table:orders",
        one.path,
        f"{one.path}/known",
        "/slow-queries/repeats",
        "/slow-queries/outside",
    )
    assert visit(open_page(pat, "/slow-queries", reduced_motion="reduce"), paths) == []


def test_what_a_request_costs_appears_on_an_open_page(open_page: Open, pat: Person, ada: Person) -> None:
    page = open_page(pat, "/slow-queries?q=from:inventory.list_items table:items")
    for _ in range(3):
        assert ada.get("/inventory").status_code == 200  # this process measures, too
    other = open_page(ada, "/inventory")
    other.reload()
    expect(page.locator("#statements tbody tr").first).to_be_visible(timeout=LIMIT_MS)
    expect(page.locator("#statements")).to_contain_text("inventory.list_items")


def test_a_statement_is_marked_as_known_and_the_mark_undone(open_page: Open, pat: Person, ada: Person) -> None:
    one = troubled(pat, ada)
    page = open_page(pat, one.path)
    page.get_by_role("link", name="Mark as known").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Why its cost is fine").fill("It runs once a month")
    dialog.get_by_role("button", name="Mark as known").click()
    expect(page.locator("#verdict")).to_contain_text("marked it as known: “It runs once a month”", timeout=LIMIT_MS)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#verdict")).to_contain_text("stopped by a time limit", timeout=LIMIT_MS)


def test_it_works_without_script(open_page: Open, pat: Person, ada: Person) -> None:
    one = troubled(pat, ada)
    page = open_page(pat, "/slow-queries?all=1", java_script_enabled=False)
    page.get_by_role("searchbox").fill(one.text.split(" = ")[0].split(".")[-1])
    page.get_by_role("button", name="Find").click()
    page.locator(f"#statement-{one.fingerprint} a").click()
    page.get_by_role("link", name="Mark as known").click()
    page.get_by_label("Why its cost is fine").fill("It runs once a month")
    page.get_by_role("button", name="Mark as known").click()
    expect(page.locator("#verdict")).to_contain_text("marked it as known")
    page.get_by_role("button", name="Watch again").click()
    expect(page.locator("#verdict")).to_contain_text("stopped by a time limit")
