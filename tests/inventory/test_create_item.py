"""Adding an item, by form and by JSON."""

import pytest

from app.inventory.models import Item
from tests.inventory.looks import facts_of
from tests.world import Person, World

NEW = {
    "sku": "LENS 1.67/AR",
    "name": "Lens 1.67 AR",
    "category": "Lenses",
    "onHand": 12,
    "reorderPoint": 4,
    "unitPrice": "64.00",
}


def test_a_script_adds_an_item_with_its_opening_entry(sam: Person, world: World) -> None:
    answer = sam.post("/api/inventory", json=NEW)
    assert answer.status_code == 201, answer.text
    expected = {
        **NEW,
        "kind": "product",
        "reserved": 0,
        "available": 12,
        "state": "in",
        "version": 1,
        "archivedAt": None,
    }
    assert expected.items() <= answer.json.items()
    shown = sam.get("/api/inventory/LENS%201.67%2FAR").json
    assert shown == answer.json
    entries = sam.get("/api/inventory/LENS%201.67%2FAR/movements").json["items"]
    assert [(entry["kind"], entry["delta"], entry["onHandAfter"]) for entry in entries] == [("opening", 12, 12)]
    [fact] = facts_of(world, sam)
    assert (fact["type"], fact["data"]["reason"], fact["data"]["delta"]) == ("inventory.updated", "created", 12)


def test_a_person_adds_an_item(sam: Person) -> None:
    answer = sam.post("/inventory", data={**NEW, "idempotency_key": "k1", "kind": "asset"})
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/inventory/LENS%201.67%2FAR"
    page = sam.get(answer.headers["Location"])
    assert page.status_code == 200
    assert "LENS 1.67/AR added." in page.text
    assert sam.get("/api/inventory/LENS%201.67%2FAR").json["kind"] == "asset"


def test_only_sku_and_name_are_needed(sam: Person) -> None:
    answer = sam.post("/api/inventory", json={"sku": "X", "name": "x"})
    assert answer.status_code == 201
    assert (answer.json["onHand"], answer.json["unitPrice"]) == (0, "0.00")
    assert sam.get("/api/inventory/X/movements").json == {"items": [], "nextCursor": None}


def test_a_sku_is_taken_once_and_compared_exactly(ada: Person, item: Item) -> None:
    taken = ada.post("/api/inventory", json={"sku": "FRAME-1", "name": "again"})
    assert (taken.status_code, taken.json["code"]) == (409, "sku-taken")
    assert ada.post("/api/inventory", json={"sku": "frame-1", "name": "another"}).status_code == 201


def test_two_companies_have_the_same_sku(cleo: Person, item: Item) -> None:
    assert cleo.post("/api/inventory", json={"sku": "FRAME-1", "name": "theirs"}).status_code == 201
    assert cleo.get("/api/inventory/FRAME-1").json["name"] == "theirs"


def test_a_refused_form_comes_back_with_what_was_typed(ada: Person, item: Item) -> None:
    answer = ada.post("/inventory", data={"sku": "FRAME-1", "name": "Typed <b>name</b>", "idempotency_key": "k"})
    assert answer.status_code == 409
    assert "There is an item FRAME-1 already." in answer.text
    assert "Typed &lt;b&gt;name&lt;/b&gt;" in answer.text
    assert 'value="k"' not in answer.text, "the form must come back with a new key"


def test_a_viewer_may_not(vera: Person) -> None:
    assert vera.post("/api/inventory", json=NEW).status_code == 403
    assert vera.post("/inventory", data=NEW).status_code == 403
    assert vera.get("/inventory/new").status_code == 403


def test_a_repeat_acts_once(sam: Person, world: World) -> None:
    first, second = (sam.post("/api/inventory", json=NEW, headers={"Idempotency-Key": "once"}) for _ in range(2))
    assert (first.status_code, second.status_code, first.json) == (201, 201, second.json)
    assert len(facts_of(world, sam)) == 1
    assert sam.post("/inventory", data={"sku": "P", "name": "p", "idempotency_key": "x"}).status_code == 303
    assert sam.post("/inventory", data={"sku": "P", "name": "p", "idempotency_key": "x"}).status_code == 303


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("sku", ""), ("sku", "a\x00b"), ("sku", "a\nb"), ("sku", "/a"), ("sku", "a//b"), ("sku", "../a"), ("sku", "x" * 101),
        ("sku", "new"), ("sku", "stock-takes/1"), ("sku", "a/edit"), ("sku", 5),
        ("name", ""), ("name", "x" * 201), ("name", None), ("kind", "service"),
        ("onHand", "many"), ("unitPrice", {}),
        ("sku", " FRAME-9"), ("sku", "FRAME-9 "), ("colour", "red"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_by_its_field(sam: Person, field: str, value: object, world: World) -> None:
    answer = sam.post("/api/inventory", json={**NEW, field: value})
    assert (answer.status_code, answer.json["code"]) == (422, "invalid-input"), answer.text
    assert [error["field"] for error in answer.json["errors"]] == [field]
    assert facts_of(world, sam) == []


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("onHand", -1, "units-out-of-range"), ("onHand", True, "units-out-of-range"), ("onHand", 10**12, "units-out-of-range"), ("onHand", 1.5, "units-out-of-range"),
        ("reorderPoint", -1, "units-out-of-range"), ("unitPrice", "1e400", "item-price-out-of-range"),
        ("unitPrice", "NaN", "item-price-out-of-range"), ("unitPrice", "-1", "item-price-out-of-range"),
        ("unitPrice", "0.00001", "item-price-out-of-range"), ("unitPrice", "12345678901", "item-price-out-of-range"),
        ("unitPrice", "１２", "item-price-out-of-range"), ("unitPrice", "1_000", "item-price-out-of-range"),
    ],
)  # fmt: skip
def test_a_figure_that_cannot_be_has_its_own_code(
    sam: Person, field: str, value: object, code: str, world: World
) -> None:
    answer = sam.post("/api/inventory", json={**NEW, field: value})
    assert (answer.status_code, answer.json["code"], answer.json["field"]) == (422, code, field), answer.text
    assert facts_of(world, sam) == []


def test_the_form_says_why_beside_the_field(sam: Person) -> None:
    page = sam.post("/inventory", data={"sku": " A ", "name": "A", "unitPrice": "1"})
    assert page.status_code == 422
    assert "begins or ends with a space" in page.text
    page = sam.post("/inventory", data={"sku": "A", "name": "A", "unitPrice": "１２"})
    assert (page.status_code, "This unit price cannot be used." in page.text) == (422, True)


@pytest.mark.parametrize(
    "sku", ["a b", "ä/ö", "50%", "a?b=c", "#1", "A&B", "<script>", "'quoted'", "a+b", "%2F", "x/y/z"]
)
def test_any_other_text_is_a_sku_and_opens(sam: Person, sku: str) -> None:
    answer = sam.post("/inventory", data={"sku": sku, "name": "odd"})
    assert answer.status_code == 303, answer.text
    page = sam.get(answer.headers["Location"])
    assert page.status_code == 200
    listed = sam.get("/api/inventory").json["items"]
    assert [one["sku"] for one in listed] == [sku.strip()]
