"""Setting the stock to what was counted."""

from app.inventory import service
from app.inventory.models import Item
from tests.inventory.looks import facts_of, fresh, ledger, ledger_sum
from tests.world import Person, World


def test_a_count_becomes_an_entry_with_the_difference(sam: Person, item: Item, world: World) -> None:
    answer = sam.post("/api/inventory/FRAME-1/recounts", json={"counted": 13, "note": "Back room too"})
    assert (answer.status_code, answer.json["onHand"]) == (201, 13)
    entry = ledger(sam, item)[-1]
    assert (entry.kind.value, entry.delta, entry.on_hand_after, entry.note) == ("recount", 3, 13, "Back room too")
    assert facts_of(world, sam)[0]["data"]["reason"] == "recount"


def test_a_person_recounts(sam: Person, item: Item) -> None:
    assert sam.post("/inventory/FRAME-1/recounts", data={"counted": 4}).status_code == 303
    assert "Counted 4: FRAME-1 −6, now 4." in sam.get("/inventory/FRAME-1").text
    assert fresh(sam, item).on_hand == ledger_sum(sam, item) == 4


def test_a_count_that_agrees_is_kept_too(sam: Person, item: Item) -> None:
    sam.post("/api/inventory/FRAME-1/recounts", json={"counted": 10})
    assert [entry.delta for entry in ledger(sam, item)] == [10, 0]


def test_fewer_than_orders_hold_is_refused(sam: Person, item: Item) -> None:
    with sam.acting():
        service.reserve(17, {"FRAME-1": 6})
    assert sam.post("/api/inventory/FRAME-1/recounts", json={"counted": 5}).json["code"] == "stock-reserved"
    form = sam.post("/inventory/FRAME-1/recounts", data={"counted": 5})
    assert form.status_code == 409
    assert "Orders were promised more of FRAME-1 than that." in form.text
    assert fresh(sam, item).on_hand == 10


def test_a_count_below_zero_is_no_count(sam: Person, item: Item) -> None:
    assert sam.post("/api/inventory/FRAME-1/recounts", json={"counted": -1}).status_code == 422
    assert sam.post("/inventory/FRAME-1/recounts", data={"counted": "x"}).status_code == 422


def test_an_outsider_finds_nothing_and_a_viewer_may_not(cleo: Person, vera: Person, item: Item) -> None:
    for person, status in ((cleo, 404), (vera, 403)):
        assert person.post("/api/inventory/FRAME-1/recounts", json={"counted": 1}).status_code == status
        assert person.post("/inventory/FRAME-1/recounts", data={"counted": 1}).status_code == status
    assert fresh(vera, item).on_hand == 10


def test_a_repeat_acts_once(sam: Person, item: Item) -> None:
    for _ in range(2):
        sam.post("/api/inventory/FRAME-1/recounts", json={"counted": 3}, headers={"Idempotency-Key": "k"})
        sam.post("/inventory/FRAME-1/recounts", data={"counted": 4, "idempotency_key": "k"})
    assert [entry.delta for entry in ledger(sam, item)] == [10, -7, 1]
