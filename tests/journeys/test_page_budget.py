"""What a cold list page costs: requests and bytes as a browser counts them, compressed as production sends them."""

import gzip
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page

from tests.journeys.live import wait_until_live
from tests.site import Site
from tests.world import Person

pytestmark = pytest.mark.browser
MOST_BYTES = 80_000
MOST_REQUESTS = 8


def test_a_cold_list_page_keeps_its_budget(open_page: Callable[..., Page], site: Site, ada: Person) -> None:
    ada.post("/api/inventory", json={"sku": "FRAME", "name": "Halden 52", "onHand": 500, "unitPrice": "1.00"})
    for number in range(50):
        body = {
            "customer": {"name": f"Customer {number}"},
            "currency": "GBP",
            "lines": [{"sku": "FRAME", "quantity": 1}],
        }
        assert ada.post("/api/orders", json=body).status_code == 201
    page = open_page(ada, "/login")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/orders")
    page.wait_for_load_state("load")
    wait_until_live(page)  # the library of the line comes after everything else, and counts as well
    assert page.locator("#rows > tr").count() == 50
    loaded = {url for url in asked if urlsplit(url).scheme == "http"}
    sizes = {url: weigh(page, url) for url in loaded}
    assert len(sizes) <= MOST_REQUESTS, sorted(sizes)
    assert sum(sizes.values()) <= MOST_BYTES, sizes
    assert {urlsplit(url).netloc for url in sizes} == {urlsplit(site.url).netloc}


def weigh(page: Page, url: str) -> int:
    """Return the bytes of an answer, gzipped."""
    answer = page.context.request.get(url)
    return len(gzip.compress(answer.body())) if answer.ok else 0
