"""Plans in real browsers: a text that is typed, a statement that is planned and run; with a real web process."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.test_every_page import is_fault, look
from tests.queries.explain.test_explain_statement import USERS, keep
from tests.width import assert_fits
from tests.world import Person

pytestmark = [pytest.mark.browser, pytest.mark.slow]
Open = Callable[..., Page]
SIZES = {"wide": {"width": 1440, "height": 900}, "narrow": {"width": 320, "height": 700}}
LIMIT_MS = 60_000  # the database without data may have to be made first


@pytest.mark.parametrize(("theme", "size"), [("light", "wide"), ("dark", "narrow")])
def test_a_typed_text_is_planned_and_its_page_is_whole(open_page: Open, pat: Person, theme: str, size: str) -> None:
    page = open_page(pat, "/slow-queries/explain", color_scheme=theme, viewport=SIZES[size], reduced_motion="reduce")
    faults: list[str] = []
    page.on("console", lambda message: is_fault(message) and faults.append(message.text))
    page.get_by_label("SELECT to plan").fill(
        "SELECT name, count(*) FROM users WHERE role = 'x' GROUP BY name ORDER BY 2"
    )
    page.get_by_role("button", name="Explain").click()
    expect(page.get_by_role("region", name="Plan as a table")).to_be_visible(timeout=LIMIT_MS)
    faults += look(page)
    assert faults == []
    assert_fits(page)


def test_a_known_statement_is_planned_and_run_from_its_page(open_page: Open, pat: Person, ada: Person) -> None:
    fingerprint = keep(pat, ada, USERS)
    page = open_page(pat, f"/slow-queries/{fingerprint}", viewport=SIZES["wide"], reduced_motion="reduce")
    expect(page.get_by_text("No plan is known yet.")).to_be_visible()
    page.get_by_role("button", name="Plan it again").click()
    table = page.get_by_role("region", name="Plan as a table")
    expect(table).to_contain_text("Own cost", timeout=LIMIT_MS)
    page.get_by_role("button", name="Run it once").click()
    page.get_by_role("button", name="Run it", exact=True).click()
    expect(page.get_by_role("region", name="Plan as a table")).to_contain_text("Own time", timeout=LIMIT_MS)
    assert look(page) == []
