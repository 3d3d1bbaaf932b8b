"""Changing an item's details; two people at once."""

from app.inventory import service
from app.inventory.models import Item
from tests.inventory.looks import facts_of, fresh
from tests.world import Person, World


def test_a_script_changes_what_it_sends(sam: Person, item: Item, world: World) -> None:
    answer = sam.patch("/api/inventory/FRAME-1", json={"version": 1, "name": "Frame, oval", "unitPrice": "12.5"})
    assert answer.status_code == 200, answer.text
    assert (answer.json["name"], answer.json["unitPrice"], answer.json["version"]) == ("Frame, oval", "12.50", 2)
    [fact] = facts_of(world, sam)
    assert fact["data"]["changes"]["name"] == {"before": "Frame, round", "after": "Frame, oval"}


def test_a_person_changes_details(sam: Person, item: Item) -> None:
    form = sam.get("/inventory/FRAME-1/edit").text
    assert 'value="Frame, round"' in form
    data = {
        "version": 1,
        "name": "Frame, oval",
        "kind": "asset",
        "category": "Frames",
        "unitPrice": "9",
        "reorderPoint": "2",
    }
    assert sam.post("/inventory/FRAME-1/details", data=data).headers["Location"] == "/inventory/FRAME-1"
    after = fresh(sam, item)
    assert (after.name, after.kind.value, after.category, after.reorder_point) == ("Frame, oval", "asset", "Frames", 2)
    assert sam.post("/inventory/FRAME-1/details", data={**data, "version": 2, "category": ""}).status_code == 303
    assert fresh(sam, item).category == ""


def test_the_second_of_two_editors_is_told_what_changed(ada: Person, sam: Person, item: Item) -> None:
    ada.patch("/api/inventory/FRAME-1", json={"version": 1, "name": "Frame, oval"})
    late = sam.patch("/api/inventory/FRAME-1", json={"version": 1, "reorderPoint": 5})
    assert (late.status_code, late.json["code"], late.json["current"]) == (409, "version-conflict", 2)
    assert late.json["changed"] == {"name": {"before": "Frame, round", "after": "Frame, oval", "by": ada.name}}
    form = sam.post("/inventory/FRAME-1/details", data={"version": 1, "name": "Mine"})
    assert form.status_code == 409
    assert "Somebody edited this item meanwhile" in form.text
    assert 'value="Mine"' in form.text
    assert 'name="version" value="2"' in form.text
    assert fresh(sam, item).name == "Frame, oval"


def test_stock_that_moved_meanwhile_is_no_conflict(sam: Person, item: Item) -> None:
    with sam.acting():
        service.reserve(17, {"FRAME-1": 1})
    assert sam.patch("/api/inventory/FRAME-1", json={"version": 1, "name": "Frame, oval"}).status_code == 200


def test_a_version_from_the_future_is_a_conflict(sam: Person, item: Item) -> None:
    assert sam.patch("/api/inventory/FRAME-1", json={"version": 9, "name": "x"}).json["code"] == "version-conflict"


def test_an_edit_that_changes_nothing_tells_nothing(sam: Person, item: Item, world: World) -> None:
    assert sam.patch("/api/inventory/FRAME-1", json={"version": 1, "name": "Frame, round"}).json["version"] == 1
    assert facts_of(world, sam) == []


def test_raising_the_reorder_point_over_the_stock_raises_the_alert(sam: Person, item: Item, world: World) -> None:
    sam.patch("/api/inventory/FRAME-1", json={"version": 1, "reorderPoint": 10})
    assert [fact["data"]["alert"] for fact in facts_of(world, sam, "alert.triggered")] == ["stock.low"]


def test_a_version_is_needed_and_the_sku_cannot_change(sam: Person, item: Item) -> None:
    assert sam.patch("/api/inventory/FRAME-1", json={"name": "x"}).json["errors"][0]["field"] == "version"
    assert sam.patch("/api/inventory/FRAME-1", json={"version": 1, "sku": "OTHER"}).json["errors"][0]["field"] == "sku"


def test_an_outsider_finds_nothing_and_a_viewer_may_not(cleo: Person, vera: Person, item: Item) -> None:
    for person, status in ((cleo, 404), (vera, 403)):
        assert person.patch("/api/inventory/FRAME-1", json={"version": 1, "name": "x"}).status_code == status
        assert person.post("/inventory/FRAME-1/details", data={"version": 1, "name": "x"}).status_code == status
        assert person.get("/inventory/FRAME-1/edit").status_code == status


def test_a_repeat_acts_once(sam: Person, item: Item) -> None:
    body = {"version": 1, "name": "Frame, oval"}
    answers = [sam.patch("/api/inventory/FRAME-1", json=body, headers={"Idempotency-Key": "k"}) for _ in range(2)]
    assert [answer.json["version"] for answer in answers] == [2, 2]
