"""Flags in a real browser: pages that move by themselves, acts without script, nothing that axe or the CSP objects to."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.flags.pages.conftest import Shown
from tests.journeys.live import wait_until_live
from tests.whole import visit
from tests.world import Person

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
FlagOf = Callable[..., Shown]


def test_a_switched_flag_changes_on_open_pages(open_page: Open, pat: Person, flag_of: FlagOf) -> None:
    made, other = flag_of(), flag_of()
    made.enable()
    listed = wait_until_live(open_page(pat, f"/flags?q={made.key}"))
    shown = wait_until_live(open_page(pat, made.path))
    switch = listed.locator(f"#flag-{made.key}").get_by_role("switch")
    expect(switch).to_have_attribute("aria-checked", "true")
    assert pat.post(f"{made.path}/switch", data={"on": "0"}).status_code == 303
    expect(switch).to_have_attribute("aria-checked", "false", timeout=15_000)
    expect(shown.locator("#flag-verdict")).to_contain_text("Switched off in production", timeout=15_000)
    expect(shown.get_by_label(f"History of {made.key}")).to_contain_text("switched it off")
    assert listed.locator(f"#flag-{other.key}").count() == 0


def test_a_new_flag_appears_and_an_archived_one_leaves(open_page: Open, pat: Person, flag_of: FlagOf) -> None:
    page = wait_until_live(open_page(pat, "/flags?q=flag-"))
    made = flag_of()
    expect(page.locator(f"#flag-{made.key}")).to_be_visible(timeout=15_000)
    assert pat.post(f"{made.path}/archive", data={"reason": "Done"}).status_code == 303
    expect(page.locator(f"#flag-{made.key}")).to_have_count(0, timeout=15_000)


def test_off_with_one_click_and_undo(open_page: Open, pat: Person, flag_of: FlagOf) -> None:
    made = flag_of()
    made.enable()
    page = open_page(pat, made.path)
    page.locator("#flag-switch").get_by_role("switch").click()
    expect(page.locator("#toasts")).to_contain_text(f"{made.key} is off in production.")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#flag-verdict")).to_contain_text("On for")
    assert made.now().is_enabled


def test_on_in_production_asks_in_a_dialog(open_page: Open, pat: Person, flag_of: FlagOf) -> None:
    made = flag_of(scope="global")
    page = open_page(pat, made.path)
    page.locator("#flag-switch").get_by_role("switch").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("It will be on for everybody")
    assert not made.now().is_enabled
    dialog.get_by_role("button", name="Switch it on for everybody").click()
    expect(page.locator("#flag-verdict")).to_contain_text("everybody")
    assert made.now().is_enabled


def test_the_whole_way_without_script(open_page: Open, pat: Person, flag_of: FlagOf, ada: Person) -> None:
    made = flag_of(scope="company")
    page = open_page(pat, f"/flags?q={made.key}", java_script_enabled=False)
    page.get_by_role("switch").click()
    page.get_by_label("Reason").fill("It is time")
    page.get_by_role("button", name="Switch it on for").click()
    expect(page.locator("#flag-verdict")).to_contain_text("On for")
    page.get_by_role("link", name="Edit rules").click()
    page.get_by_label("Percent of companies").fill("100")
    page.get_by_role("button", name="Save share").click()
    expect(page.locator("main")).to_contain_text("Let in:")
    page.get_by_role("button", name="Set the share to 100%").click()
    expect(page.get_by_label(f"History of {made.key}")).to_contain_text("raised the share from 0% to 100%")
    page.get_by_label("Company", exact=True).fill(ada.company_slug)
    page.get_by_role("button", name="Explain").click()
    expect(page.locator(".answer")).to_contain_text("On for Harbour")
    page.get_by_role("button", name="Revert: ").first.click()
    assert made.now().percentage == 0


@pytest.mark.slow
def test_every_page_of_flags_is_whole(open_page: Open, pat: Person, ada: Person, flag_of: FlagOf) -> None:
    made, key = flag_of(scope="company"), flag_of().key
    segment = {"key": f"s-{made.key}", "segment-0-attribute": "role", "segment-0-operator": "equals",
               "segment-0-values": "staff"}  # fmt: skip
    pat.post("/flags/segments", data=segment)
    rule = {"rule-0-id": "", "rule-0-segments": segment["key"], "rule-0-serve": "on", "rule-0-percentage": "10"}
    pat.post(f"{made.path}/rules", data=rule)
    pat.post(f"{made.path}/prerequisites", data={"need-0-flag": key, "need-0-variants": "on"})
    made.enable(percentage=25_000)
    made.allow(ada.company_slug, "another")
    paths = [
        "/flags", "/flags?view=stale", "/flags?q=nothing-like-it", f"/flags?q={made.key}+company:{ada.company_slug}",
        f"{made.path}?company={ada.company_slug}", f"{made.path}?environment=staging", f"{made.path}/edit",
        f"{made.path}/switch", f"{made.path}/history", f"{made.path}/definition", f"{made.path}/archive",
        f"{made.path}/lists/allow", f"{made.path}/lists/block", "/flags/new", "/flags/segments",
        "/flags/segments/new", f"/flags/segments/{segment['key']}", f"/flags/segments/{segment['key']}/archive",
        "/flags/core-api", f"/flags/{key}",
    ]  # fmt: skip
    faults = visit(open_page(pat, reduced_motion="reduce"), paths)
    faults += visit(open_page(ada, reduced_motion="reduce"), ["/flags", made.path])
    assert not faults, "\n".join(faults)
