"""Plans in real browsers: a text that is typed, a statement that is planned and run; with a real web process."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.queries.explain.test_explain_statement import USERS, keep
from tests.whole import listen, look, look_from_all_sides
from tests.world import Person

pytestmark = [pytest.mark.browser, pytest.mark.slow]
Open = Callable[..., Page]
LIMIT_MS = 60_000  # the database without data may have to be made first


def test_a_typed_text_is_planned_and_its_page_is_whole(open_page: Open, pat: Person) -> None:
    page = open_page(pat, "/slow-queries/explain", reduced_motion="reduce")
    faults = listen(page)
    page.get_by_label("SELECT to plan").fill(
        "SELECT name, count(*) FROM users WHERE role = 'x' GROUP BY name ORDER BY 2"
    )
    page.get_by_role("button", name="Explain").click()
    expect(page.get_by_role("region", name="Plan as a table")).to_be_visible(timeout=LIMIT_MS)
    faults += look_from_all_sides(page)
    assert faults == []


def test_a_known_statement_is_planned_and_run_from_its_page(open_page: Open, pat: Person, ada: Person) -> None:
    fingerprint = keep(pat, ada, USERS)
    page = open_page(pat, f"/slow-queries/{fingerprint}", reduced_motion="reduce")
    expect(page.get_by_text("No plan is known yet.")).to_be_visible()
    page.get_by_role("button", name="Plan it again").click()
    table = page.get_by_role("region", name="Plan as a table")
    expect(table).to_contain_text("Own cost", timeout=LIMIT_MS)
    page.get_by_role("button", name="Run it once").click()
    page.get_by_role("button", name="Run it", exact=True).click()
    expect(page.get_by_role("region", name="Plan as a table")).to_contain_text("Own time", timeout=LIMIT_MS)
    assert look(page) == []
