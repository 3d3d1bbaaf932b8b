"""Every page, day and night, narrow and wide: no axe violation, no CSP violation, no sideways scroll, no outside host."""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from flask import Flask
from playwright.sync_api import Page

from app.core.access import access_of
from tests.laws.furnished import Furnished, furnish
from tests.site import Site
from tests.whole import listen, look_from_all_sides
from tests.world import Person

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SHARES = 4
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
    faults = listen(page)
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


def outside(url: str, site: Site) -> bool:
    """Say whether a request left our host."""
    return urlsplit(url).netloc not in {urlsplit(site.url).netloc, ""}
