"""Taking an item out of use, and bringing it back."""

from app.inventory import service
from app.inventory.models import Item
from tests.inventory.looks import facts_of, fresh, ledger
from tests.world import Person, World


def test_an_archived_item_leaves_the_lists_and_keeps_its_ledger(sam: Person, item: Item, world: World) -> None:
    answer = sam.delete("/api/inventory/FRAME-1")
    assert (answer.status_code, answer.json["state"]) == (200, "archived")
    assert sam.get("/api/inventory").json["items"] == []
    assert [one["sku"] for one in sam.get("/api/inventory?view=archived").json["items"]] == ["FRAME-1"]
    assert sam.get("/api/inventory/FRAME-1").json["archivedAt"] is not None
    assert len(ledger(sam, item)) == 1
    assert facts_of(world, sam)[0]["data"]["reason"] == "archived"


def test_a_person_archives_and_undoes_it(sam: Person, item: Item) -> None:
    assert sam.post("/inventory/FRAME-1/archival").headers["Location"] == "/inventory"
    page = sam.get("/inventory").text
    assert "FRAME-1 archived." in page
    assert "/inventory/FRAME-1/restoration" in page
    assert "Restore" in sam.get("/inventory/FRAME-1").text
    assert sam.post("/inventory/FRAME-1/restoration").status_code == 303
    assert fresh(sam, item).archived_at is None


def test_an_archived_item_cannot_be_ordered_moved_or_edited(sam: Person, item: Item) -> None:
    sam.delete("/api/inventory/FRAME-1")
    for method, path, body in (
        ("POST", "/adjustments", {"delta": 1, "reason": "found"}),
        ("POST", "/recounts", {"counted": 1}),
        ("PATCH", "", {"version": 2, "name": "x"}),
    ):
        assert sam.ask(method, f"/api/inventory/FRAME-1{path}", json=body).json["code"] == "item-archived"


def test_an_item_that_orders_hold_stays(sam: Person, item: Item) -> None:
    with sam.acting():
        service.reserve(17, {"FRAME-1": 1})
    assert sam.delete("/api/inventory/FRAME-1").json["code"] == "stock-reserved"
    assert fresh(sam, item).archived_at is None


def test_archiving_and_restoring_twice_changes_nothing_more(sam: Person, item: Item) -> None:
    assert [sam.delete("/api/inventory/FRAME-1").json["version"] for _ in range(2)] == [2, 2]
    assert [sam.post("/api/inventory/FRAME-1/restoration").json["version"] for _ in range(2)] == [3, 3]


def test_an_outsider_finds_nothing_and_a_viewer_may_not(cleo: Person, vera: Person, item: Item) -> None:
    for person, status in ((cleo, 404), (vera, 403)):
        assert person.delete("/api/inventory/FRAME-1").status_code == status
        assert person.post("/api/inventory/FRAME-1/restoration").status_code == status
        assert person.post("/inventory/FRAME-1/archival").status_code == status
        assert person.post("/inventory/FRAME-1/restoration").status_code == status
    assert fresh(vera, item).archived_at is None
