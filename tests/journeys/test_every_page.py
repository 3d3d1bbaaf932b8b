"""Every page, day and night, narrow and wide: no axe violation, no CSP violation, no sideways scroll, no outside host."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import axe_playwright_python
import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

from app.core.access import access_of
from tests.laws.furnished import Furnished, furnish
from tests.site import Site
from tests.world import Person, World

pytestmark = [pytest.mark.browser, pytest.mark.slow]
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
SIZES = {"wide": (1280, 900), "narrow": (320, 700)}
# Pages are what a person can open; these GET addresses answer with something else.
NOT_PAGES = (
    "/api/",
    "/assets/",
    "/static/",
    "/health/",
    "/metrics",
    "/live/rows",
    "/orders/new/skus",
    "/notifications/menu",
)
FILES = (".csv", ".svg", "/file", "/file.<string:extension>")


def pages(app: Flask, furnished: Furnished) -> list[str]:
    """Return the address of every page, from the URL map."""
    found = []
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or set()) or rule.rule.startswith(NOT_PAGES) or rule.rule.endswith(FILES):
            continue
        assert access_of(app, rule.endpoint)
        path = furnished.path(rule)
        assert path is not None, rule.rule
        found.append(path)
    return sorted(found)


@pytest.fixture
def signed_in(browser: Browser, site: Site) -> Iterator[Callable[[Person, str, str], BrowserContext]]:
    """Make a window of somebody in a theme and size."""
    made = []

    def run(person: Person, theme: str, size: str) -> BrowserContext:
        width, height = SIZES[size]
        context = browser.new_context(
            base_url=site.url, color_scheme=theme, viewport={"width": width, "height": height}
        )
        context.request.post(
            "/api/login",
            data={"email": person.email, "password": person.password},
            headers={"Sec-Fetch-Site": "same-origin"},
        )
        made.append(context)
        return context

    yield run
    for context in made:
        context.close()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_is_whole(
    app: Flask, site: Site, world: World, ada: Person, signed_in: Callable[..., BrowserContext], theme: str, size: str
) -> None:
    furnished = furnish(ada)
    context = signed_in(ada, theme, size)
    page = context.new_page()
    faults: list[str] = []
    page.on("console", lambda message: is_fault(message) and faults.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: faults.append(f"script: {error}"))
    page.on("request", lambda request: outside(request.url, site) and faults.append(f"outside: {request.url}"))
    visited = 0
    for path in pages(app, furnished):
        answer = page.goto(path)
        if answer is None or "text/html" not in (answer.header_value("content-type") or ""):
            continue
        visited += 1
        if answer.status >= 500:
            faults.append(f"{path}: {answer.status}")
        faults += [f"{path}: {fault}" for fault in look(page)]
    assert not faults, "\n".join(faults)
    assert visited >= 15


def is_fault(message: ConsoleMessage) -> bool:
    """Say whether the browser complains of us; a page that answers 403 or 410 on purpose is no fault."""
    return message.type == "error" and "the server responded with a status of 4" not in message.text


def outside(url: str, site: Site) -> bool:
    """Say whether a request left our host."""
    return urlsplit(url).netloc not in {urlsplit(site.url).netloc, ""}


def look(page: Page) -> list[str]:
    """Return what is wrong with the page as it stands."""
    page.evaluate(AXE)
    result: dict[str, Any] = page.evaluate(
        "tags => axe.run(document, {runOnly: tags, resultTypes: ['violations']})", TAGS
    )
    found = [f"axe {v['id']}: {v['nodes'][0]['html'][:160]}" for v in result["violations"]]
    too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if too_wide > 0:
        found.append(f"scrolls sideways by {too_wide} px")
    return found
