"""Correcting the stock by a difference."""

import pytest

from app.inventory import service
from app.inventory.models import Item
from tests.inventory.looks import facts_of, fresh, ledger, ledger_sum
from tests.world import Person, World

BROKEN = {"delta": -3, "reason": "damaged", "note": "Fell off the shelf"}


def test_a_script_takes_three_away(sam: Person, item: Item, world: World) -> None:
    answer = sam.post("/api/inventory/FRAME-1/adjustments", json=BROKEN)
    assert answer.status_code == 201, answer.text
    assert (answer.json["onHand"], answer.json["available"], answer.json["version"]) == (7, 7, 2)
    entry = ledger(sam, item)[-1]
    assert (entry.delta, entry.on_hand_after, entry.reason, entry.note) == (-3, 7, "damaged", "Fell off the shelf")
    assert entry.actor["id"] == sam.public_id
    assert entry.request_id == answer.headers["X-Request-Id"]
    [fact] = facts_of(world, sam)
    assert (fact["data"]["delta"], fact["data"]["onHand"], fact["data"]["reason"]) == (-3, 7, "damaged")


def test_a_person_adjusts_and_undoes_it(sam: Person, item: Item) -> None:
    answer = sam.post("/inventory/FRAME-1/adjustments", data=BROKEN)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/inventory/FRAME-1")
    page = sam.get("/inventory/FRAME-1").text
    assert "FRAME-1 −3, now 7." in page
    undo = f"/inventory/FRAME-1/movements/{ledger(sam, item)[-1].id}/reversal"
    assert undo in page
    assert sam.post(undo).status_code == 303
    assert sam.post(undo).status_code == 303
    assert fresh(sam, item).on_hand == 10
    assert [entry.delta for entry in ledger(sam, item)] == [10, -3, 3]


def test_only_an_adjustment_of_this_item_can_be_undone(sam: Person, item: Item) -> None:
    opening = ledger(sam, item)[0].id
    assert sam.post(f"/inventory/FRAME-1/movements/{opening}/reversal").status_code == 404
    assert sam.post("/inventory/FRAME-1/movements/999999999/reversal").status_code == 404


def test_a_hidden_note_is_never_run(sam: Person, item: Item) -> None:
    sam.post("/inventory/FRAME-1/adjustments", data={**BROKEN, "note": "<script>alert(1)</script>"})
    assert "<script>alert" not in sam.get("/inventory/FRAME-1").text


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"delta": -11, "reason": "lost"}, 409, "stock-too-small"),
        ({"delta": 0, "reason": "lost"}, 422, "nothing-adjusted"),
        ({"delta": 10**9, "reason": "found"}, 422, "stock-too-large"),
        ({"delta": 10**12, "reason": "found"}, 422, "invalid-input"),
        ({"delta": 1}, 422, "invalid-input"),
        ({"delta": 1, "reason": ""}, 422, "invalid-input"),
        ({"delta": 1, "reason": "found", "note": "x" * 5001}, 422, "invalid-input"),
        ({"delta": "1e5", "reason": "found"}, 422, "invalid-input"),
    ],
)
def test_each_mistake_has_its_own_code_and_nothing_moves(
    sam: Person, item: Item, body: dict[str, object], status: int, code: str
) -> None:
    answer = sam.post("/api/inventory/FRAME-1/adjustments", json=body)
    assert (answer.status_code, answer.json["code"]) == (status, code)
    form = sam.post("/inventory/FRAME-1/adjustments", data=body)
    assert form.status_code == status
    assert 'id="adjust"' in form.text
    assert fresh(sam, item).on_hand == ledger_sum(sam, item) == 10


def test_a_two_megabyte_note_is_too_large(sam: Person, item: Item) -> None:
    answer = sam.post("/api/inventory/FRAME-1/adjustments", json={**BROKEN, "note": "x" * 2_000_000})
    assert (answer.status_code, answer.json["code"]) == (413, "body-too-large")


def test_what_orders_hold_cannot_be_taken_away(sam: Person, item: Item) -> None:
    with sam.acting():
        service.reserve(17, {"FRAME-1": 8})
    answer = sam.post("/api/inventory/FRAME-1/adjustments", json=BROKEN)
    assert (answer.status_code, answer.json["code"], answer.json["reserved"]) == (409, "stock-reserved", 8)
    assert fresh(sam, item).on_hand == 10


def test_an_outsider_finds_nothing(cleo: Person, item: Item) -> None:
    assert cleo.post("/api/inventory/FRAME-1/adjustments", json=BROKEN).status_code == 404
    assert cleo.post("/inventory/FRAME-1/adjustments", data=BROKEN).status_code == 404


def test_a_viewer_may_not(vera: Person, item: Item) -> None:
    assert vera.post("/api/inventory/FRAME-1/adjustments", json=BROKEN).status_code == 403
    assert vera.post("/inventory/FRAME-1/adjustments", data=BROKEN).status_code == 403


def test_a_repeat_acts_once(sam: Person, item: Item) -> None:
    for _ in range(2):
        assert (
            sam.post("/api/inventory/FRAME-1/adjustments", json=BROKEN, headers={"Idempotency-Key": "a"}).json["onHand"]
            == 7
        )
        assert (
            sam.post("/inventory/FRAME-1/adjustments", data={**BROKEN, "delta": 1, "idempotency_key": "b"}).status_code
            == 303
        )
    assert fresh(sam, item).on_hand == 8
    other = sam.post(
        "/api/inventory/FRAME-1/adjustments", json={**BROKEN, "delta": -1}, headers={"Idempotency-Key": "a"}
    )
    assert (other.status_code, other.json["code"]) == (422, "idempotency-key-reused")
