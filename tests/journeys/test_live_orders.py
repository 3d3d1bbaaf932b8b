"""Orders and stock move on open pages, without a reload, for those who may see them and nobody else."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.live import act, place, stock, wait_until_fresh, wait_until_live
from tests.world import Person

pytestmark = pytest.mark.browser
Open = Callable[..., Page]


def test_a_new_order_appears_in_two_browsers_and_not_in_another_company(
    open_page: Open, ada: Person, sam: Person, cleo: Person
) -> None:
    stock(ada), stock(cleo)
    place(ada), place(cleo)
    hers, his, other = (wait_until_live(open_page(person, "/orders")) for person in (ada, sam, cleo))
    number = place(ada, "Berta")
    for page in (hers, his):
        expect(page.locator(f"#order-{number}")).to_contain_text("Berta", timeout=5000)
        assert page.locator("#rows > tr").first.get_attribute("id") == f"order-{number}"
    place(cleo, "Carla")
    expect(other.locator("#rows > tr").first).to_contain_text("Carla")
    assert "Berta" not in other.content()


def test_a_changed_order_changes_in_place(open_page: Open, ada: Person) -> None:
    stock(ada)
    first, second = place(ada), place(ada)
    page = wait_until_live(open_page(ada, "/orders"))
    act(ada, first, "payment")
    expect(page.locator(f"#order-{first}")).to_contain_text("Paid")
    assert [row.get_attribute("id") for row in page.locator("#rows > tr").all()] == [
        f"order-{second}",
        f"order-{first}",
    ]


def test_a_filtered_list_gains_and_loses_orders(open_page: Open, ada: Person) -> None:
    stock(ada)
    number, other = place(ada), place(ada)
    act(ada, other, "payment")
    page = wait_until_live(open_page(ada, "/orders?state=paid"))
    expect(page.locator("#rows > tr")).to_have_count(1)
    act(ada, number, "payment")
    expect(page.locator(f"#order-{number}")).to_be_visible(timeout=8000)
    act(ada, other, "packing")
    expect(page.locator(f"#order-{other}")).to_have_count(0, timeout=8000)
    wait_until_fresh(page, "#rows")


def test_an_open_order_changes_and_keeps_what_is_typed(open_page: Open, ada: Person) -> None:
    stock(ada)
    number = place(ada)
    page = wait_until_live(open_page(ada, f"/orders/{number}"))
    note = page.locator("textarea").first
    note.fill("Call before delivery")
    act(ada, number, "payment")
    expect(page.locator("#order-detail")).to_contain_text("Paid", timeout=8000)
    expect(note).to_have_value("Call before delivery")
    wait_until_fresh(page, "#order-detail")


def test_stock_moves_on_the_inventory_list(open_page: Open, ada: Person) -> None:
    stock(ada, units=10)
    page = wait_until_live(open_page(ada, "/inventory"))
    place(ada, quantity=3)
    expect(page.locator("#rows > tr").first).to_contain_text("7", timeout=8000)
    wait_until_fresh(page, "#rows")


def test_new_orders_wait_while_the_pointer_is_in_the_list(open_page: Open, ada: Person) -> None:
    stock(ada)
    first = place(ada)
    page = wait_until_live(open_page(ada, "/orders"))
    page.locator(f"#order-{first}").hover()
    number = place(ada, "Berta")
    bar = page.locator("[data-arrivals]")
    expect(bar).to_be_visible(timeout=5000)
    expect(bar).to_contain_text("1")
    expect(page.locator(f"#order-{number}")).to_have_count(0)
    bar.click()
    expect(page.locator("#rows > tr").first).to_have_id(f"order-{number}")
    expect(bar).to_be_hidden()
    wait_until_fresh(page, "#rows")


def test_ticks_focus_text_and_scroll_survive_a_hundred_pushes(open_page: Open, ada: Person) -> None:
    stock(ada, units=5000)
    numbers = [place(ada) for _ in range(30)]
    page = wait_until_live(open_page(ada, "/orders", viewport={"width": 1280, "height": 500}))
    ticked = page.locator(f"#order-{numbers[10]} [data-tick]")
    ticked.check()
    page.locator("[data-find]").fill("half a wor")
    page.evaluate("scrollTo(0, 300)")
    page.mouse.move(5, 5)
    # The browser's scroll anchoring makes room for the arrivals bar: what must not move is the row under the eye.
    look = f"[document.getElementById('order-{numbers[10]}').getBoundingClientRect().top, document.activeElement.id]"
    before = page.evaluate(look)
    for number in [*numbers[5:15] * 3, *numbers]:
        act(ada, number, "notes", {"text": "Looked at"})
    for _ in range(40):
        place(ada, "Late")
    expect(page.locator("[data-arrivals-count]")).to_have_text("40", timeout=10_000)
    assert page.evaluate(look) == before
    expect(ticked).to_be_checked()
    expect(page.locator("[data-find]")).to_have_value("half a wor")


def test_pause_holds_what_comes_and_resume_shows_it(open_page: Open, ada: Person) -> None:
    stock(ada)
    place(ada)
    page = wait_until_live(open_page(ada, "/orders"))
    page.locator("[data-live-pause]").click()
    page.mouse.move(5, 5)
    number = place(ada, "Berta")
    expect(page.locator("[data-live-note]")).to_contain_text("1 waiting", timeout=5000)
    expect(page.locator(f"#order-{number}")).to_have_count(0)
    page.locator("[data-live-pause]").click()
    expect(page.locator(f"#order-{number}")).to_be_visible(timeout=5000)


def test_what_waits_is_one_number_in_one_place(open_page: Open, ada: Person) -> None:
    stock(ada)
    first = place(ada)
    page = wait_until_live(open_page(ada, "/orders"))
    page.locator(f"#order-{first}").hover()
    second = place(ada, "Berta")
    expect(page.locator("[data-arrivals-count]")).to_have_text("1", timeout=5000)
    page.locator("[data-live-pause]").click()
    expect(page.locator("[data-arrivals]")).to_be_hidden()
    act(ada, second, "payment")
    place(ada, "Carla")
    expect(page.locator("[data-live-note]")).to_have_text("· 2 waiting", timeout=5000)
    page.locator("[data-live-pause]").click()
    wait_until_fresh(page, "#rows")


def test_a_page_that_was_offline_catches_up(open_page: Open, ada: Person) -> None:
    stock(ada)
    place(ada)
    page = wait_until_live(open_page(ada, "/orders"))
    page.context.set_offline(True)
    page.evaluate("dispatchEvent(new Event('offline'))")
    number = place(ada, "Berta")
    page.context.set_offline(False)
    expect(page.locator(f"#order-{number}")).to_be_visible(timeout=15_000)


def test_signing_out_elsewhere_tells_the_page(open_page: Open, ada: Person) -> None:
    stock(ada)
    page = wait_until_live(open_page(ada, "/orders"))
    page.context.request.post("/api/logout", headers={"Sec-Fetch-Site": "same-origin"})
    expect(page.locator("[data-trouble-title]")).to_contain_text("signed out", timeout=8000)
    expect(page.locator("[data-live-badge]")).to_contain_text("Signed out")
    expect(page.locator("[data-live-pause]")).to_be_hidden()
    expect(page.locator("#trouble a")).to_have_attribute("href", "/login?next=%2Forders")
