"""Every page, day and night, narrow and wide: no axe violation, no CSP violation, no sideways scroll, no outside host."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import axe_playwright_python
import pytest
from flask import Flask
from playwright.sync_api import ConsoleMessage, Page

from app.core.access import access_of
from tests.laws.furnished import Furnished, furnish
from tests.site import Site
from tests.width import find_outside
from tests.world import Person

pytestmark = [pytest.mark.browser, pytest.mark.slow]
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# A theme changes colours and nothing else: by night only the rules about colours are asked again.
THEMES: dict[Literal["light", "dark"], list[str]] = {"light": TAGS, "dark": ["color-contrast", "link-in-text-block"]}
# Colours are looked at once they are drawn and no longer on their way.
SETTLE = """async () => {
    await new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)));
    const ways = document.getAnimations().filter(one => one instanceof CSSTransition);
    await Promise.allSettled(ways.map(one => one.finished));
}"""
SHARES = 4
SIZES = {"wide": (1280, 900), "narrow": (320, 700)}
# Pages are what a person can open; these GET addresses answer with something else.
NOT_PAGES = (
    "/api/",
    "/assets/",
    "/files/",
    "/static/",
    "/health/",
    "/metrics",
    "/live/rows",
    "/orders/new/skus",
    "/notifications/menu",
)
FILES = (".csv", ".py", ".svg", ".zip", "/file", "/file.<string:extension>", "/thumb")


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


@pytest.mark.parametrize("share", range(SHARES))
def test_every_page_is_whole(app: Flask, site: Site, ada: Person, open_page: Callable[..., Page], share: int) -> None:
    page = open_page(ada, "/", reduced_motion="reduce")  # no colour is looked at while it changes
    faults: list[str] = []
    page.on("console", lambda message: is_fault(message) and faults.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: faults.append(f"script: {error}"))
    page.on("request", lambda request: outside(request.url, site) and faults.append(f"outside: {request.url}"))
    visited = 0
    for path in pages(app, furnish(ada))[share::SHARES]:
        answer = page.goto(path)
        if answer is None or "text/html" not in (answer.header_value("content-type") or ""):
            continue
        visited += 1
        if answer.status >= 500:
            faults.append(f"{path}: {answer.status}")
        faults += [f"{path}: {fault}" for fault in look_from_all_sides(page)]
    assert not faults, "\n".join(faults)
    assert visited >= 15


def is_fault(message: ConsoleMessage) -> bool:
    """Say whether the browser complains of us; a page that answers 403 or 410 on purpose is no fault."""
    return message.type == "error" and "the server responded with a status of 4" not in message.text


def outside(url: str, site: Site) -> bool:
    """Say whether a request left our host."""
    return urlsplit(url).netloc not in {urlsplit(site.url).netloc, ""}


def look_from_all_sides(page: Page) -> list[str]:
    """Return what is wrong with a page by day and night, wide and narrow: only its styles know of either."""
    found = []
    for size, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        for theme, rules in THEMES.items():
            page.emulate_media(color_scheme=theme)
            page.evaluate(SETTLE)
            faults = look(page, rules)
            if any(
                "color-contrast" in fault for fault in faults
            ):  # on a busy machine a colour may have been on its way
                page.evaluate(SETTLE)
                faults = look(page, rules)
            found += [f"{theme} {size}: {fault}" for fault in faults]
    return found


def look(page: Page, rules: Sequence[str] = TAGS) -> list[str]:
    """Return what is wrong with the page as it stands."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    result: dict[str, Any] = page.evaluate(
        "rules => axe.run(document, {runOnly: rules, resultTypes: ['violations'], preload: false})", rules
    )
    found = [f"axe {v['id']}: {v['nodes'][0]['html'][:160]}" for v in result["violations"]]
    return found + find_outside(page)
