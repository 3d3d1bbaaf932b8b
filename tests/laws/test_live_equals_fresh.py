"""The law of live pages: an old page, what was pushed, and "show" make a fresh page. For every act, on every kind of page."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.live import act, place, stock, wait_until_fresh, wait_until_live
from tests.world import Person

pytestmark = [pytest.mark.browser, pytest.mark.slow]
Open = Callable[..., Page]
SHIPMENT = {"carrier": "DPD", "trackingNumber": "DPD-1"}
HEAD = ["#verdict", "#basis", "#views"]  # of a list page: read again at most every 3 s
ORDER_LISTS = ["/orders", "/orders?state=paid", "/orders?q=Anna", "/orders?sort=total"]


def line_of(person: Person, number: int) -> dict[str, Any]:
    """Return the first line of an order."""
    lines: list[dict[str, Any]] = person.get(f"/api/orders/{number}").json["lines"]
    return lines[0]


def edit(person: Person, number: int) -> None:
    version = person.get(f"/api/orders/{number}").json["version"]
    answer = person.patch(f"/api/orders/{number}", json={"version": version, "customer": {"name": "Zoe"}})
    assert answer.status_code < 300, answer.text


def adjust(person: Person, number: int) -> None:
    answer = person.post("/api/inventory/LAMP-1/adjustments", json={"delta": -3, "reason": "damaged"})
    assert answer.status_code < 300, answer.text


def change(person: Person, method: str, path: str, body: dict[str, Any] | None = None) -> None:
    """Do something to an item through the API."""
    answer = person.ask(method, path, json=body)
    assert answer.status_code < 300, answer.text


def rename_item(person: Person, number: int) -> None:
    version = person.get("/api/inventory/LAMP-1").json["version"]
    change(person, "PATCH", "/api/inventory/LAMP-1", {"version": version, "name": "Storm lamp", "reorderPoint": 2000})


def ship_part(person: Person, number: int) -> None:
    line = {"line": line_of(person, number)["line"], "quantity": 1}
    act(person, number, "shipment", {**SHIPMENT, "lines": [line]})


def prepared(person: Person, *steps: tuple[str, dict[str, Any]]) -> int:
    """Place an order and bring it to where an act begins."""
    number = place(person, quantity=2)
    for what, body in steps:
        act(person, number, what, body)
    return number


PAID, PACKED, SHIPPED = ("payment", {}), ("packing", {}), ("shipment", SHIPMENT)
# Act by name: what happened before the page was opened, and the act itself.
ACTS: dict[str, tuple[list[tuple[str, dict[str, Any]]], Callable[[Person, int], object]]] = {
    "place": ([], lambda who, number: place(who, "Anna again")),
    "pay": ([], lambda who, number: act(who, number, "payment")),
    "pack": ([PAID], lambda who, number: act(who, number, "packing")),
    "ship": ([PAID, PACKED], lambda who, number: act(who, number, "shipment", SHIPMENT)),
    "deliver": ([PAID, PACKED, SHIPPED], lambda who, number: act(who, number, "delivery")),
    "cancel": ([PAID], lambda who, number: act(who, number, "cancellation", {"reason": "changed their mind"})),
    "return": ([PAID, PACKED, SHIPPED], lambda who, number: act(who, number, "return", {"reason": "scratched"})),
    "note": ([], lambda who, number: act(who, number, "notes", {"text": "Gift wrap"})),
    "edit": ([], edit),
    "adjust": ([], adjust),
    "recount": ([], lambda who, number: change(who, "POST", "/api/inventory/LAMP-1/recounts", {"counted": 700})),
    "rename an item": ([], rename_item),
    "add an item": ([], lambda who, number: stock(who, "LAMP-2")),
    "archive an item": (
        [("cancellation", {"reason": "x"})],
        lambda who, number: change(who, "DELETE", "/api/inventory/SPARE"),
    ),
    "ship a part": ([PAID, PACKED], ship_part),
}


@pytest.mark.parametrize("name", ACTS)
def test_old_page_and_pushes_make_a_fresh_page(open_page: Open, ada: Person, name: str) -> None:
    steps, do = ACTS[name]
    stock(ada), stock(ada, "SPARE")
    place(ada), prepared(ada, PAID)
    number = prepared(ada, *steps)
    places = [(path, "#rows") for path in [*ORDER_LISTS, "/inventory", "/inventory?sort=available"]]
    places += [(f"/orders/{number}", "#order-detail"), ("/inventory/LAMP-1", "#item-detail")]
    first = open_page(ada, places[0][0])
    pages = [first] + [first.context.new_page() for _ in places[1:]]
    for page, (path, _) in zip(pages, places, strict=True):
        page.goto(path)
        wait_until_live(page)
    do(ada, number)
    for page, (_, selector) in zip(pages, places, strict=True):
        page.bring_to_front()
        wait_until_fresh(page, selector, *(HEAD if selector == "#rows" else ()))


def test_an_import_makes_pages_read_themselves_again(open_page: Open, ada: Person) -> None:
    """A fact about many rows names none of them."""
    from app.core.db import transaction
    from app.core.outbox import FACTS, record

    stock(ada)
    place(ada)
    page = wait_until_live(open_page(ada, "/orders"))
    fact = FACTS["orders.imported"]
    fields = {
        name: {"int": 1, "str": "x"}.get(getattr(kind, "__name__", str(kind)), 1)
        for name, kind in fact.__annotations__.items()
    }
    with page.expect_request("**/orders"), ada.acting(), transaction():
        record(fact(**fields))
    wait_until_fresh(page, "#rows")


def test_the_sentence_and_the_tabs_stay_while_somebody_points_at_them(open_page: Open, ada: Person) -> None:
    stock(ada)
    place(ada)
    page = wait_until_live(open_page(ada, "/orders"))
    page.locator("#views a").nth(1).hover()
    place(ada, "Berta")
    expect(page.locator("#verdict")).to_contain_text("2 orders since midnight", timeout=5000)
    expect(page.locator("#views data").first).to_have_text("1")
    page.mouse.move(5, 5)
    expect(page.locator("#views data").first).to_have_text("2", timeout=5000)
