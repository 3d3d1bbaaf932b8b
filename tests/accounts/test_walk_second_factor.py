"""A person sets up an authenticator in a browser, signs out, and comes in with a code and with a recovery code."""

from collections.abc import Callable

import pyotp
import pytest
from playwright.sync_api import Page, expect

from app.accounts.service.second_factor import STEP_S
from app.core import clock
from tests.world import Person

pytestmark = pytest.mark.browser


def code_of(secret: str, later: int = 0) -> str:
    """Return the code an authenticator shows, or the one it shows next."""
    return pyotp.TOTP(secret).generate_otp(int(clock.now().timestamp()) // STEP_S + later)


def sign_out(page: Page) -> None:
    page.locator("[popovertarget=menu-me]").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("Password")).to_be_visible()


def sign_in(page: Page, person: Person, code: str) -> None:
    page.get_by_label("E-mail").fill(person.email)
    page.get_by_label("Password").fill(person.password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Second step")).to_be_visible()
    page.get_by_role("textbox", name="Code").fill(code)
    page.get_by_role("button", name="Sign in").click()


def test_set_up_sign_out_and_come_in_both_ways(ada: Person, open_page: Callable[..., Page]) -> None:
    page = open_page(ada, "/settings")
    page.get_by_role("button", name="Set up an authenticator").click()
    secret = page.locator("p", has_text="No camera?").locator(".mono").inner_text()
    assert page.get_by_role("img", name="QR code").evaluate("image => image.naturalWidth") > 0
    page.get_by_role("textbox", name="Code").fill("000000")
    page.get_by_role("button", name="Switch it on").click()
    expect(page.get_by_text("This code is not right")).to_be_visible()
    page.get_by_role("textbox", name="Code").fill(code_of(secret))
    page.get_by_role("button", name="Switch it on").click()
    expect(page.get_by_role("heading", name="Recovery codes", level=1)).to_be_visible()
    recovery = page.locator("pre").inner_text().split()
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_text("Sign-in asks for a code")).to_be_visible()

    sign_out(page)
    sign_in(page, ada, code_of(secret, later=1))
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    sign_out(page)
    sign_in(page, ada, recovery[0])
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    page.goto("/sessions")
    expect(page.locator("tbody").first).to_contain_text("Chrome on Linux")
