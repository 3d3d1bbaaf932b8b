"""The console in a browser: keys, palette, ticks, toasts, trouble, drafts, times. No server beside the page."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from app.core import present
from tests.ui.conftest import HOST, person
from tests.width import assert_fits

pytestmark = pytest.mark.browser


def say(page, event: str, detail: dict) -> None:
    page.evaluate("([event, detail]) => document.dispatchEvent(new CustomEvent(event, {detail}))", [event, detail])


def test_nothing_on_a_page_breaks_the_content_policy_or_a_script(open_specimen):
    page = open_specimen()
    said = []
    page.on("console", lambda message: said.append(message.text) if message.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.reload()
    expect(page.locator("[data-live-badge]")).to_contain_text("Still")
    assert said == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_axe_finds_nothing(open_specimen, theme, width):
    page = open_specimen(person(theme=theme), viewport={"width": width, "height": 900}, reduced_motion="reduce")
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]})
    assert [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in found.response["violations"]] == []
    assert_fits(page)


def test_a_cold_page_makes_at_most_eight_requests_to_this_host_only(open_specimen):
    page = open_specimen()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload(wait_until="networkidle")
    assert all(url.startswith(HOST) for url in asked)
    assert len(asked) <= 8


def test_a_key_right_after_the_page_came_is_no_second_half_of_g(open_specimen):
    page = open_specimen()
    page.reload()
    page.evaluate(
        "addEventListener('click', (event) => event.preventDefault() || (window.clicked = event.target.href))"
    )
    page.keyboard.press("j")
    href = page.evaluate("document.activeElement.href")
    page.keyboard.press("o")
    assert page.evaluate("window.clicked") == href


def test_escape_leaves_the_find_field_for_the_next_key(open_specimen):
    page = open_specimen()
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    expect(page.locator("#q")).to_have_value("")


def test_signed_out_is_no_reconnecting_and_leads_to_the_sign_in(open_specimen):
    page = open_specimen()
    say(page, "qd:live-state", {"state": "live"})
    expect(page.locator("[data-live-pause]")).to_be_visible()
    say(page, "qd:live-state", {"state": "out"})
    expect(page.locator("[data-live-badge]")).to_contain_text("Signed out")
    expect(page.locator("[data-live-pause]")).to_be_hidden()
    act = {"label": "Sign in", "href": "/login?next=%2Forders"}
    say(page, "qd:trouble", {"title": "You are signed out", "text": "What you see is old.", "act": act})
    expect(page.locator("#trouble a")).to_have_text("Sign in")
    expect(page.locator("#trouble a")).to_have_attribute("href", act["href"])
    expect(page.locator("#trouble button")).to_have_count(0)


def test_keys_walk_tick_and_explain(open_specimen):
    page = open_specimen()
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator("#order-46989 a")).to_be_focused()
    page.keyboard.press("x")
    expect(page.locator("#order-46989 [data-tick]")).to_be_checked()
    page.keyboard.press("k")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type("jx?")
    assert page.input_value("#q") == "jx?"


def test_keys_can_be_switched_off(open_specimen):
    page = open_specimen(person(keys=False))
    page.keyboard.press("?")
    page.keyboard.press("j")
    expect(page.locator("#keys")).to_be_hidden()
    expect(page.locator("body")).to_be_focused()


def test_the_palette_goes_acts_and_searches(open_specimen):
    page = open_specimen()
    page.keyboard.press("Control+k")
    expect(page.locator("#palette input")).to_be_focused()
    expect(page.locator("#palette-list")).to_contain_text("New order")
    page.keyboard.type("lens & co")
    option = page.locator("#palette-list [aria-selected=true]")
    expect(option).to_have_text("Search everything for “lens & co”")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=lens%20%26%20co")


def test_ticks_are_counted_ranged_and_cleared(open_specimen):
    page = open_specimen()
    bar, ticks = page.locator("[data-bulk]"), page.locator("[data-tick]")
    expect(bar).to_be_hidden()
    ticks.nth(1).check()
    ticks.nth(4).click(modifiers=["Shift"])
    expect(page.locator("[data-bulk-count]")).to_have_text("4")
    assert page.evaluate("document.querySelector('[data-tick-all]').indeterminate")
    page.locator(".bulk__all").click()
    expect(page.locator("[data-bulk-count]")).to_have_text("All that match")
    assert page.input_value("[data-bulk-matching]") == "1"
    page.locator("[data-bulk-clear]").click()
    expect(bar).to_be_hidden()
    assert page.input_value("[data-bulk-matching]") == ""
    page.locator("[data-tick-all]").check()
    expect(page.locator("[data-bulk-count]")).to_have_text("12")


def test_a_dangerous_button_waits_for_the_typed_name(open_specimen):
    page = open_specimen()
    page.locator("[data-tick]").first.check()
    page.locator(".bulk >> text=Cancel…").click()
    red = page.locator("#dlg-cancel .button--bad")
    expect(red).to_be_disabled()
    page.fill("#dlg-cancel-typed", "repor")
    expect(red).to_be_disabled()
    page.fill("#dlg-cancel-typed", "report")
    expect(red).to_be_enabled()
    page.locator("#dlg-cancel >> text=Keep them").click()
    expect(page.locator("#dlg-cancel")).to_be_hidden()


def test_an_act_is_reported_with_an_undo_and_spoken_once(open_specimen):
    page = open_specimen()
    toast = page.locator(".toast", has_text="Order 5 packed")
    page.click("#ask-toast")
    expect(toast).to_be_visible()
    expect(toast.locator("form")).to_have_attribute("action", "/undo/5")
    expect(page.locator("#status")).to_have_text("Order 47310 cancelled")  # the page's own, first; the next after 10 s
    toast.locator("[data-toast-close]").click()
    expect(toast).to_have_count(0)


def test_a_broken_answer_never_lands_in_the_page(open_specimen):
    page = open_specimen()
    page.click("#ask-broken")
    expect(page.locator("#trouble")).to_contain_text("01JBROKEN")
    expect(page.locator("#ask-broken")).to_have_text("Broken")
    page.click("#ask-toast")
    expect(page.locator("#trouble")).to_be_empty()


def test_a_refusal_is_said_and_the_row_stays(open_specimen):
    page = open_specimen()
    page.click("#ask-refused")
    expect(page.locator(".toast", has_text="You may not do this here.")).to_contain_text("orders:write")
    expect(page.locator("#order-46988")).to_be_visible()
    expect(page.locator("#alert")).to_contain_text("You may not do this here.")


def test_an_ended_session_leads_to_the_door_and_back(open_specimen):
    page = open_specimen()
    page.click("#ask-expired")
    page.wait_for_url("**/login?next=%2Fspecimen")


def test_a_lost_line_is_told_and_the_same_key_is_sent_again(open_specimen):
    page = open_specimen()
    key = page.input_value("#keyed [name=idempotency_key]")
    page.context.set_offline(True)
    page.route("**/answers/toast", lambda route: route.abort())
    page.click("#keyed >> text=Keep memo")
    expect(page.locator("#trouble")).to_contain_text("What you have typed stays here.")
    assert page.input_value("#keyed [name=idempotency_key]") == key
    page.unroute("**/answers/toast")
    page.context.set_offline(False)
    page.click("#keyed >> text=Keep memo")
    expect(page.locator(".toast", has_text="Order 5 packed")).to_be_visible()
    expect(page.locator("#keyed [name=idempotency_key]")).not_to_have_value(key)


def test_what_was_typed_survives_leaving_the_page(open_specimen):
    page = open_specimen()
    page.fill("#f-memo", "Ring before noon")
    page.reload()
    assert page.input_value("#f-memo") == "Ring before noon"
    expect(page.locator(".toast", has_text="was kept")).to_be_visible()
    page.click("#keyed >> text=Keep memo")
    expect(page.locator(".toast", has_text="Order 5 packed")).to_be_visible()
    page.reload()
    assert page.input_value("#f-memo") == ""


def test_the_theme_changes_at_once_and_is_sent(open_specimen):
    page = open_specimen()
    page.click("[popovertarget=menu-me]")
    with page.expect_request("**/settings/preferences") as sent:
        page.click("button:has-text('Night')")
    assert 'name="theme"\r\n\r\ndark' in (sent.value.post_data or "")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


@pytest.mark.parametrize(
    ("detail", "text"),
    [
        ({"state": "live"}, "Live"),
        ({"state": "paused", "waiting": 14}, "Paused· 14 waiting"),
        ({"state": "trying", "tries": 3}, "Reconnecting· try 3"),
        ({"state": "stale", "since": "2026-11-20T10:38:12Z"}, "Stalesince 10:38:12"),
    ],
)
def test_the_badge_says_how_the_page_is_connected(open_specimen, detail, text):
    page = open_specimen()
    say(page, "qd:live-state", detail)
    expect(page.locator("[data-live-badge]")).to_have_text(text)


def test_pause_asks_live_scripts_to_hold(open_specimen):
    page = open_specimen()
    say(page, "qd:live-state", {"state": "live"})
    page.evaluate("document.addEventListener('qd:pause', (event) => { document.title = String(event.detail.paused); })")
    page.click("[data-live-pause]")
    expect(page).to_have_title("true")
    expect(page.locator("[data-live-pause]")).to_have_text("Resume")


@pytest.mark.parametrize("zone", ["UTC", "Europe/London", "Asia/Kolkata", "America/New_York", "Australia/Lord_Howe"])
def test_script_and_server_write_the_same_times(open_specimen, zone):
    page = open_specimen(person(timezone=zone))
    now = datetime.now(UTC)
    spans = [timedelta(seconds=20), timedelta(minutes=39, seconds=30), timedelta(hours=1, minutes=5, seconds=30)]
    spans += [
        timedelta(days=days, hours=hours, seconds=30)
        for days in (0, 1, 3, 6, 7, 60, 200, 400, 800)
        for hours in (2, 13)
    ]
    spans += [-span for span in spans]
    instants = [now - span for span in spans]
    page.evaluate(
        """(instants) => document.getElementById("page").append(...instants.flatMap((instant) => ["", "clock", "day"].map((kind) => {
            const element = Object.assign(document.createElement("time"), { dateTime: instant });
            element.dataset.when = kind;
            return element;
        })))""",
        [instant.isoformat() for instant in instants],
    )
    expect(page.locator("#page > time").last).not_to_be_empty()
    written = page.evaluate("[...document.querySelectorAll('#page > time')].map((one) => [one.textContent, one.title])")
    expected = []
    for at in instants:
        title = present.format_exact(at, zone)
        expected += [
            [present.format_when(at, zone, now), title],
            [present.format_clock(at, zone, now), title],
            [present.format_day(at, zone), title],
        ]
    coarse = [[re.sub(r"^(in )?(\d+) s", r"\1s", text), title] for text, title in written]
    assert coarse == [[re.sub(r"^(in )?(\d+) s", r"\1s", text), title] for text, title in expected]


def test_everything_stands_without_script(open_specimen):
    page = open_specimen(java_script_enabled=False)
    expect(page.locator("#order-46988")).to_be_visible()
    page.click("[popovertarget=menu-me]")
    expect(page.locator("#menu-me")).to_be_visible()
    with page.expect_request("**/settings/preferences") as sent:
        page.click("#menu-me >> text=Night")
    assert "theme=dark" in (sent.value.post_data or "")
