"""A stock-take: make a sheet, count, close it once."""

from typing import Any

import pytest

from app.inventory import service
from app.inventory.models import Item
from tests.inventory.conftest import MakeItem
from tests.inventory.looks import fresh, ledger, ledger_sum
from tests.world import Person

BASE = "/api/inventory/stock-takes"


@pytest.fixture
def cloth(ada: Person, make_item: MakeItem) -> Item:
    """Fifty cleaning cloths."""
    return make_item(ada, "CLOTH", on_hand=50, category="Care")


@pytest.fixture
def sheet(sam: Person, item: Item, cloth: Item) -> dict[str, Any]:
    """A sheet of frames and cloths."""
    answer = sam.post(BASE, json={"name": "November"})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json
    return made


def count(person: Person, sheet: dict[str, Any], **counts: int) -> Any:
    body = {"counts": [{"sku": sku.replace("_", "-"), "counted": units} for sku, units in counts.items()]}
    return person.post(f"{BASE}/{sheet['id']}/counts", json=body)


def test_a_sheet_lists_what_is_expected(sam: Person, sheet: dict[str, Any]) -> None:
    assert (sheet["state"], sheet["lineCount"], sheet["counted"]) == ("open", 2, 0)
    assert [(line["sku"], line["expected"], line["counted"]) for line in sheet["lines"]] == [
        ("FRAME-1", 10, None),
        ("CLOTH", 50, None),
    ]
    assert [one["name"] for one in sam.get(BASE).json["items"]] == ["November"]


def test_closing_moves_the_stock_by_each_difference_only(
    sam: Person, sheet: dict[str, Any], item: Item, cloth: Item
) -> None:
    assert count(sam, sheet, FRAME_1=9).json["counted"] == 1
    count(sam, sheet, FRAME_1=8, CLOTH=50)
    assert fresh(sam, item).on_hand == 10, "counting alone moves nothing"
    closed = sam.post(f"{BASE}/{sheet['id']}/closing").json
    assert (closed["state"], [line["difference"] for line in closed["lines"]]) == ("closed", [-2, 0])
    assert fresh(sam, item).on_hand == ledger_sum(sam, item) == 8
    entry = ledger(sam, item)[-1]
    assert (entry.kind.value, entry.delta, entry.source_ref) == ("stock-take", -2, sheet["id"])
    assert len(ledger(sam, cloth)) == 1


def test_what_ships_after_the_count_stays_shipped(sam: Person, sheet: dict[str, Any], item: Item) -> None:
    count(sam, sheet, FRAME_1=9)
    with sam.acting():
        service.reserve(17, {"FRAME-1": 4})
        service.ship(17, {item.id: 4})
    sam.post(f"{BASE}/{sheet['id']}/closing")
    assert fresh(sam, item).on_hand == 5


def test_a_count_below_what_orders_hold_moves_nothing_at_all(
    sam: Person, sheet: dict[str, Any], item: Item, cloth: Item
) -> None:
    with sam.acting():
        service.reserve(17, {"FRAME-1": 6})
    count(sam, sheet, FRAME_1=5, CLOTH=40)
    refused = sam.post(f"{BASE}/{sheet['id']}/closing")
    assert (refused.status_code, refused.json["code"]) == (409, "counts-refused")
    assert refused.json["lines"] == [{"sku": "FRAME-1", "wouldBe": 5, "reserved": 6}]
    assert fresh(sam, cloth).on_hand == 50
    page = sam.post(f"/inventory/stock-takes/{sheet['id']}/closing")
    assert page.status_code == 409
    assert "would be 5, 6 are reserved" in page.text


def test_a_person_counts_on_the_page(sam: Person, item: Item, cloth: Item) -> None:
    made = sam.post("/inventory/stock-takes", data={"name": "Care", "category": "Care"})
    path = made.headers["Location"]
    assert f'name="count-{cloth.id}"' in sam.get(path).text
    assert f'name="count-{item.id}"' not in sam.get(path).text
    assert sam.post(f"{path}/counts", data={f"count-{cloth.id}": "48"}).status_code == 303
    assert 'value="48"' in sam.get(path).text
    wrong = sam.post(f"{path}/counts", data={f"count-{cloth.id}": "4.5"})
    assert wrong.status_code == 422
    assert "CLOTH: a count is a whole number from 0" in wrong.text
    assert sam.post(f"{path}/closing").status_code == 303
    assert "the stock was moved" in sam.get(path).text
    assert fresh(sam, cloth).on_hand == 48
    assert "Care" in sam.get("/inventory/stock-takes").text


def test_named_skus_only(sam: Person, item: Item, cloth: Item) -> None:
    made = sam.post("/inventory/stock-takes", data={"name": "One", "skus": "CLOTH\r\n\r\nCLOTH\r\n"})
    assert "FRAME-1" not in sam.get(made.headers["Location"]).text
    unknown = sam.post(BASE, json={"name": "One", "skus": ["CLOTH", "NOPE"]})
    assert (unknown.status_code, unknown.json["code"], unknown.json["sku"]) == (422, "unknown-sku", "NOPE")
    assert "There is no item NOPE" in sam.post("/inventory/stock-takes", data={"name": "One", "skus": "NOPE"}).text


def test_a_sheet_is_closed_once(sam: Person, sheet: dict[str, Any], item: Item) -> None:
    assert sam.post(f"{BASE}/{sheet['id']}/closing").json["code"] == "nothing-counted"
    count(sam, sheet, FRAME_1=9)
    key = {"Idempotency-Key": "k"}
    assert [sam.post(f"{BASE}/{sheet['id']}/closing", headers=key).status_code for _ in range(2)] == [200, 200]
    assert sam.post(f"{BASE}/{sheet['id']}/closing").json["code"] == "stock-take-closed"
    assert count(sam, sheet, FRAME_1=1).json["code"] == "stock-take-closed"
    assert fresh(sam, item).on_hand == 9


def test_a_discarded_sheet_moves_nothing(sam: Person, sheet: dict[str, Any], item: Item) -> None:
    count(sam, sheet, FRAME_1=1)
    assert sam.delete(f"{BASE}/{sheet['id']}").json["state"] == "discarded"
    assert sam.post(f"/inventory/stock-takes/{sheet['id']}/discarding").status_code == 409
    assert fresh(sam, item).on_hand == 10


def test_a_sheet_without_items_is_refused(sam: Person) -> None:
    assert sam.post(BASE, json={"name": "Nothing"}).json["code"] == "nothing-to-count"
    assert sam.post("/inventory/stock-takes", data={"name": "Nothing"}).status_code == 422


def test_an_item_not_on_the_sheet_is_named(sam: Person, sheet: dict[str, Any], make_item: MakeItem) -> None:
    make_item(sam, "LATER")
    assert count(sam, sheet, LATER=1).json["code"] == "unknown-sku"


def test_an_outsider_finds_nothing(cleo: Person, sheet: dict[str, Any]) -> None:
    one = f"{BASE}/{sheet['id']}"
    assert cleo.get(BASE).json["items"] == []
    assert {cleo.get(one).status_code, cleo.post(f"{one}/closing").status_code, cleo.delete(one).status_code} == {404}
    assert count(cleo, sheet, FRAME_1=1).status_code == 404
    page = one.removeprefix("/api")
    assert cleo.get(page).status_code == 404
    assert {cleo.post(f"{page}/{act}").status_code for act in ("counts", "closing", "discarding")} == {404}


def test_a_viewer_reads_only(vera: Person, sheet: dict[str, Any]) -> None:
    one = f"{BASE}/{sheet['id']}"
    assert vera.get(one).status_code == vera.get(one.removeprefix("/api")).status_code == 200
    assert {vera.post(BASE, json={"name": "x"}).status_code, count(vera, sheet, FRAME_1=1).status_code} == {403}
    assert {vera.post(f"{one}/closing").status_code, vera.delete(one).status_code} == {403}
    assert vera.get("/inventory/stock-takes/new").status_code == 403
