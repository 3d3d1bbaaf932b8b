"""The list: views, category, search, order, pages; as a page and as JSON alike."""

import re
from collections.abc import Iterator
from datetime import timedelta
from itertools import count, pairwise

import pytest

from app.core import clock
from app.core.db import transaction
from app.inventory import service
from app.inventory.models import Item, ItemKind, Movement, MovementKind
from app.inventory.reads import summarize
from tests.inventory.conftest import MakeItem
from tests.meanwhile import meanwhile
from tests.world import Person

ITEMS = [
    ("LENS-A", "Lens, anti-glare", "Lenses", 0, 5), ("LENS-B", "Lens, blue", "Lenses", 4, 5), ("LENS-C", "Lens, clear", "Lenses", 90, 5),
    ("CLOTH", "Cleaning cloth 100%", "Care", 50, 0), ("SPRAY_1", "Cleaning spray", "Care", 7, 0), ("VAN", "Delivery van", "", 1, 0),
]  # fmt: skip


@pytest.fixture
def stock(ada: Person, make_item: MakeItem) -> dict[str, Item]:
    """Six items: one out, one low, one asset."""
    return {
        sku: make_item(
            ada, sku, name=name, category=category, on_hand=on_hand, reorder_point=point,
            kind=ItemKind.ASSET if sku == "VAN" else ItemKind.PRODUCT,
        )
        for sku, name, category, on_hand, point in ITEMS
    }  # fmt: skip


def page_skus(person: Person, query: str) -> list[str]:
    answer = person.get(f"/inventory{query}")
    assert answer.status_code == 200
    return re.findall(r'<a class="mono" href="/inventory/([^"]+)"', answer.text)


def json_skus(person: Person, query: str) -> list[str]:
    answer = person.get(f"/api/inventory{query}")
    assert answer.status_code == 200, answer.text
    return [one["sku"] for one in answer.json["items"]]


@pytest.mark.parametrize(
    ("query", "skus"),
    [
        ("", ["CLOTH", "LENS-A", "LENS-B", "LENS-C", "SPRAY_1", "VAN"]),
        ("?view=short", ["LENS-A", "LENS-B"]),
        ("?view=out", ["LENS-A"]),
        ("?view=assets", ["VAN"]),
        ("?view=archived", []),
        ("?category=Care", ["CLOTH", "SPRAY_1"]),
        ("?q=lens", ["LENS-A", "LENS-B", "LENS-C"]),
        ("?q=CLEAR+lens", ["LENS-C"]),
        ("?q=cleaning&category=Care&sort=-available", ["CLOTH", "SPRAY_1"]),
        ("?q=100%25", ["CLOTH"]),
        ("?q=y_1", ["SPRAY_1"]),
        ("?q=y%251", []),
        ("?q=nowhere", []),
        ("?q=%5C", []),
        ("?sort=-sku", ["VAN", "SPRAY_1", "LENS-C", "LENS-B", "LENS-A", "CLOTH"]),
        ("?sort=name", ["CLOTH", "SPRAY_1", "VAN", "LENS-A", "LENS-B", "LENS-C"]),
        ("?sort=available", ["LENS-A", "VAN", "LENS-B", "SPRAY_1", "CLOTH", "LENS-C"]),
        ("?sort=-available", ["LENS-C", "CLOTH", "SPRAY_1", "LENS-B", "VAN", "LENS-A"]),
        ("?sort=-updated", ["VAN", "SPRAY_1", "CLOTH", "LENS-C", "LENS-B", "LENS-A"]),
    ],
)
@pytest.mark.usefixtures("stock")
def test_each_filter_finds_its_items_on_page_and_in_json(vera: Person, query: str, skus: list[str]) -> None:
    assert json_skus(vera, query) == page_skus(vera, query) == skus


@pytest.mark.parametrize("sort", ["sku", "-sku", "name", "-name", "available", "-available", "updated", "-updated"])
def test_pages_follow_each_other_without_gap_or_repeat(ada: Person, make_item: MakeItem, sort: str) -> None:
    for n in range(7):
        make_item(ada, f"S{n}", name=f"Name {n % 2}", on_hand=n % 3)
    whole = json_skus(ada, f"?sort={sort}")
    seen, after = [], ""
    while True:
        answer = ada.get(f"/api/inventory?sort={sort}&limit=2{after}").json
        seen += [one["sku"] for one in answer["items"]]
        if answer["nextCursor"] is None:
            break
        after = f"&after={answer['nextCursor']}"
    assert seen == whole
    assert len(set(seen)) == 7
    if sort == "-available":
        free = [one["available"] for one in ada.get(f"/api/inventory?sort={sort}").json["items"]]
        assert all(left >= right for left, right in pairwise(free))


@pytest.mark.usefixtures("stock")
def test_a_position_made_by_hand_or_for_another_order_is_refused(vera: Person) -> None:
    cursor = vera.get("/api/inventory?limit=1").json["nextCursor"]
    for query in ("after=WyJza3UiXQ", f"after={cursor}&sort=name", f"after={cursor}&sort=-sku", "after=ä"):
        answer = vera.get(f"/api/inventory?{query}")
        assert (answer.status_code, answer.json["code"]) == (400, "invalid-cursor")
        assert vera.get(f"/inventory?{query}").status_code == 400


@pytest.mark.parametrize(
    "query", ["view=none", "sort=price", "limit=0", "limit=9999", "limit=x", "colour=red", "q=%00"]
)
def test_a_filter_that_is_none_is_refused(vera: Person, query: str) -> None:
    assert vera.get(f"/api/inventory?{query}").status_code == 422
    assert vera.get(f"/inventory?{query}").status_code == 422


@pytest.mark.usefixtures("stock")
def test_another_company_sees_none_of_it(cleo: Person) -> None:
    for query in ("", "?q=lens", "?view=short", "?category=Care"):
        assert json_skus(cleo, query) == []
    assert "There are no items yet." in cleo.get("/inventory").text
    assert "Lenses" not in cleo.get("/inventory").text


def test_the_verdict_counts_exactly(vera: Person, stock: dict[str, Item]) -> None:
    text = " ".join(re.sub(r"<[^>]+>", " ", vera.get("/inventory").text).split())
    assert re.search(r"1 of 6 items is out of stock ?, LENS-A ?. With those that are low, 2 want more.", text), text[
        400:1600
    ]


def test_rows_asked_for_again_come_only_if_they_belong(vera: Person, stock: dict[str, Item]) -> None:
    ids = ",".join(str(stock[sku].id) for sku in ("LENS-A", "LENS-C", "CLOTH"))
    rows = vera.fragment(f"/inventory?view=short&ids={ids},999999,x").text
    assert re.findall(r'<tr id="item-(\d+)"', rows) == [str(stock["LENS-A"].id)]
    assert "<html" not in rows


def test_a_row_shows_what_was_shipped_and_how_long_the_rest_lasts(vera: Person, stock: dict[str, Item]) -> None:
    with vera.acting():
        service.reserve(5, {"LENS-C": 60})
        service.ship(5, {stock["LENS-C"].id: 60})
    row = vera.get("/inventory?q=LENS-C").text
    assert "60 units shipped in 30 days" in row
    assert "15.0 days" in row


def test_what_was_shipped_longer_ago_does_not_count(vera: Person, stock: dict[str, Item]) -> None:
    with vera.acting(), transaction() as session:
        session.add(
            Movement(
                company_id=vera.company_id, item_id=stock["CLOTH"].id, kind=MovementKind.SHIPMENT, delta=-3, on_hand_after=47,
                occurred_at=clock.now() - timedelta(days=31),
            )
        )  # fmt: skip
    assert "shipped in 30 days" not in vera.get("/inventory?q=CLOTH").text


def test_a_scanned_sku_opens_its_item_and_others_are_searched(vera: Person, stock: dict[str, Item]) -> None:
    assert vera.get("/inventory/find?sku=LENS-B").headers["Location"] == "/inventory/LENS-B"
    assert vera.get("/inventory/find?sku=lens").headers["Location"] == "/inventory?q=lens"
    assert vera.get("/inventory/find?sku=").status_code == 422


def test_the_csv_holds_exactly_the_filter_in_its_order(
    vera: Person, stock: dict[str, Item], make_item: MakeItem
) -> None:
    make_item(vera, "=1+1", name="@SUM(A1)", category="Care", on_hand=60)
    answer = vera.get("/inventory/export.csv?category=Care&sort=-available")
    assert answer.mimetype == "text/csv"
    assert f"inventory-{vera.company_slug}-" in answer.headers["Content-Disposition"]
    head, *rows = answer.text.lstrip("\ufeff").splitlines()
    assert head.endswith("Unit price (GBP),On hand,Reserved,Available,Reorder at,State,Changed (Europe/London)")
    assert [row.split(",")[0] for row in rows] == ["'=1+1", "CLOTH", "SPRAY_1"]
    assert "'@SUM(A1)" in rows[0]
    assert csv_rows(vera) == 7


def csv_rows(person: Person) -> int:
    return len(person.get("/inventory/export.csv").text.splitlines()) - 1


def test_the_csv_of_another_company_is_empty(cleo: Person, stock: dict[str, Item]) -> None:
    assert csv_rows(cleo) == 0


def test_the_csv_goes_on_past_one_chunk(ada: Person, make_item: MakeItem) -> None:
    for n in range(205):
        make_item(ada, f"S{n:03}")
    assert csv_rows(ada) == 205


def test_a_platform_admin_reads_every_company_and_acts_in_none(
    pat: Person, ada: Person, cleo: Person, make_item: MakeItem
) -> None:
    for person in (ada, cleo):
        make_item(person, f"OUT-{person.company_id}", on_hand=0)
        make_item(person, f"FULL-{person.company_id}")
    skus = [f"OUT-{person.company_id}" for person in (ada, cleo)]
    page = pat.get(f"/inventory?q=out-{ada.company_id}").text
    assert skus[0] in page
    assert skus[1] not in page
    seen, path = "", "/inventory?view=out&limit=1"
    while path:
        page = pat.get(path).text
        seen += page
        more = re.search(r'href="([^"]+)" rel="next"', page)
        path = more[1].replace("&amp;", "&") if more else ""
    assert all(sku in seen for sku in skus)
    assert f"FULL-{ada.company_id}" not in seen
    assert pat.post("/api/inventory", json={"sku": "X", "name": "x"}).json["code"] == "company-needed"


def test_what_was_never_kept_is_not_out_but_not_stocked(ada: Person, make_item: MakeItem) -> None:
    make_item(ada, "GONE", on_hand=0)
    for sku, reorder_point in (("NEVER", 0), ("WANTED", 5)):
        new = {"sku": sku, "name": sku.title(), "reorderPoint": reorder_point}
        assert ada.post("/api/inventory", json=new).json["state"] == ("out" if reorder_point else "not-stocked")
    found = ada.get("/api/inventory?view=out").json["items"]
    assert {one["sku"] for one in found} == {"GONE", "WANTED"}
    page = ada.get("/inventory").text
    assert "2 of 3 items" in page
    assert "Not stocked" in page
    assert "Not stocked: none was ever kept" in ada.get("/inventory/NEVER").text
    adjusted = ada.post("/api/inventory/NEVER/adjustments", json={"delta": 2, "reason": "found"})
    assert adjusted.json["state"] == "in"
    assert ada.post("/api/inventory/NEVER/adjustments", json={"delta": -2, "reason": "lost"}).json["state"] == "out"


def test_the_figures_above_the_list_are_of_one_instant(ada: Person, stock: dict[str, Item]) -> None:
    for nth in range(10):
        moments = count()

        def sell_out(moments: Iterator[int] = moments, nth: int = nth) -> None:
            if next(moments) == nth:
                ada.world.sql.execute("UPDATE items SET on_hand = 0 WHERE id = %s", (stock["LENS-C"].id,))

        ada.world.sql.execute("UPDATE items SET on_hand = 90 WHERE id = %s", (stock["LENS-C"].id,))
        with ada.acting(), meanwhile(sell_out):
            found = summarize.__wrapped__()  # as it is read, not as it is kept
        assert (found.out.n, found.short.n) in {(1, 2), (2, 3)}, nth
        assert len(found.worst) <= found.out.n
