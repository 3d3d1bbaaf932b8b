"""The pages of breakers in real browsers and processes: live, whole, and obeyed by all."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.site import Site, wait_for
from tests.whole import visit
from tests.world import Person

pytestmark = [pytest.mark.browser, pytest.mark.slow]
Open = Callable[..., Page]
EMAIL = "/api/degradation/circuits/email"


def release(person: Person) -> None:
    assert person.post(f"{EMAIL}/close", json={}).status_code == 200


def test_every_page_is_whole(open_page: Open, pat: Person) -> None:
    page = open_page(pat, "/breakers", reduced_motion="reduce")
    pat.post(f"{EMAIL}/open", json={"reason": "x", "forS": 600})
    try:
        of_email = ("/breakers/email", "/breakers/email/limits", "/breakers/email/hold/open")
        faults = visit(page, ("/breakers", "/breakers/search", *of_email))
    finally:
        release(pat)
    assert faults == []


def test_an_open_page_shows_a_hold_and_its_end_without_a_reload(open_page: Open, pat: Person) -> None:
    lists, one = open_page(pat, "/breakers"), open_page(pat, "/breakers/email")
    for page in (lists, one):
        expect(page.locator("[data-live-word]")).to_have_text("Live", timeout=10_000)
    try:
        pat.post(f"{EMAIL}/open", json={"reason": "The mail server moves", "forS": 600})
        expect(lists.locator("#breaker-email")).to_contain_text("Forced open", timeout=5_000)
        expect(one.locator("#verdict")).to_contain_text("is held open", timeout=5_000)
        expect(one.locator("#breaker-detail")).to_contain_text("The mail server moves")
    finally:
        release(pat)
    expect(one.locator("#verdict")).to_contain_text("is closed", timeout=5_000)


def test_every_process_obeys_a_hold(site: Site, pat: Person) -> None:
    def states() -> set[str]:
        return {told["state"] for told in pat.get(EMAIL).json["reports"] if not told["process"].startswith("command")}

    wait_for(lambda: len(pat.get(EMAIL).json["reports"]) >= 3, limit_s=20)
    try:
        pat.post(f"{EMAIL}/disable", json={"forS": 600})
        wait_for(lambda: states() == {"DISABLED"}, limit_s=15, say=lambda: str(pat.get(EMAIL).json))
    finally:
        release(pat)
    wait_for(lambda: states() == {"CLOSED"}, limit_s=15)


def test_a_hold_works_without_script(open_page: Open, pat: Person) -> None:
    page = open_page(pat, "/breakers/email", java_script_enabled=False)
    page.goto("/breakers/email/hold/closed")
    page.get_by_label("Reason, kept in the audit").fill("It must go on")
    try:
        page.get_by_role("button", name="Keep it closed").click()
        expect(page.locator("#verdict")).to_contain_text("is held closed")
        page.get_by_role("button", name="Release").click()
        expect(page.locator("#verdict")).to_contain_text("is closed")
    finally:
        release(pat)
