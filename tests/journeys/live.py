"""What the live journeys share: orders made through the API, and how a page compares with a fresh one."""

import re
from typing import Any

from playwright.sync_api import Page

from tests.site import wait_for
from tests.world import Person

# What differs between two renderings of the same state: relative times, keys of forms, a row's short-lived marks.
NOISE = re.compile(r'<time[^>]*>[^<]*</time>|name="(?:idempotency_key|csrf_token)" value="[^"]*"|\s+')


def stock(person: Person, sku: str = "LAMP-1", units: int = 1000) -> None:
    """Put an item on the shelf."""
    answer = person.post(
        "/api/inventory",
        json={
            "sku": sku,
            "name": "Lamp",
            "category": "Lamps",
            "onHand": units,
            "reorderPoint": 5,
            "unitPrice": "12.50",
        },
    )
    assert answer.status_code == 201, answer.text


def place(person: Person, customer: str = "Anna", sku: str = "LAMP-1", quantity: int = 1) -> int:
    """Place an order and return its number."""
    line = {"sku": sku, "quantity": quantity, "unitPrice": "12.50"}
    answer = person.post("/api/orders", json={"customer": {"name": customer}, "currency": "GBP", "lines": [line]})
    assert answer.status_code == 201, answer.text
    return int(answer.json["number"])


def act(person: Person, number: int, what: str, body: dict[str, Any] | None = None) -> None:
    """Do something to an order through the API."""
    answer = person.post(f"/api/orders/{number}/{what}", json=body or {})
    assert answer.status_code < 300, answer.text


def wait_until_live(page: Page) -> Page:
    """Wait until the badge says Live."""
    page.locator("[data-live-word]", has_text="Live").wait_for(timeout=10_000)
    return page


def settled(page: Page, selector: str) -> str:
    """Return the element as text without what differs anyway."""
    return NOISE.sub(" ", page.locator(selector).evaluate("element => element.outerHTML"))


def wait_until_fresh(page: Page, *selectors: str, limit_s: float = 20) -> None:
    """Wait until the open page shows what a fresh one shows, in each of these parts.

    The fresh one is read again only now and then: what it shows changes with the seconds at most.
    """
    fresh = page.context.new_page()
    fresh.goto(page.url)
    looks = 0

    def is_fresh() -> bool:
        nonlocal looks
        looks += 1
        if looks % 25 == 0:
            fresh.goto(page.url)
        return all(settled(fresh, selector) == settled(page, selector) for selector in selectors)

    def told() -> str:
        return "\n".join(f"{settled(page, one)}\n--- fresh:\n{settled(fresh, one)}" for one in selectors)

    try:
        wait_for(is_fresh, limit_s=limit_s, say=told)
    finally:
        fresh.close()
