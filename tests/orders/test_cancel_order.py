from tests.orders.conftest import PARCEL


def test_cancelling_lets_the_stock_go(ada, shop, facts):
    number = shop.place("paid")["number"]
    answer = ada.post(f"/api/orders/{number}/cancellation", json={"reason": "Customer rang"})
    assert (answer.status_code, answer.json["state"]) == (201, "cancelled")
    assert shop.stock() == (100, 0)
    assert facts()[-1][1] == {"number": number, "from": "paid", "to": "cancelled", "reason": "Customer rang"}


def test_a_body_is_not_needed(ada, shop):
    number = shop.place()["number"]
    assert ada.post(f"/api/orders/{number}/cancellation").status_code == 201


def test_what_has_left_is_not_cancelled(ada, shop):
    number = shop.place("packed", lines=[{"sku": "FRM-1", "quantity": 4}])["number"]
    ada.post(f"/api/orders/{number}/shipment", json={**PARCEL, "lines": [{"line": 1, "quantity": 1}]})
    answer = ada.post(f"/api/orders/{number}/cancellation")
    assert (answer.status_code, answer.json["code"]) == (409, "parcel-has-left")
    assert "has already left" in answer.json["title"]
    assert (answer.json["shippedUnits"], answer.json["remainingUnits"]) == (1, 3)


def test_the_outsider_finds_nothing_and_the_viewer_may_not(cleo, vera, shop):
    number = shop.place()["number"]
    assert cleo.post(f"/api/orders/{number}/cancellation").status_code == 404
    assert cleo.get(f"/orders/{number}/cancellation").status_code == 404
    assert vera.post(f"/api/orders/{number}/cancellation").status_code == 403
    assert shop.read(number)["state"] == "placed"


def test_the_page_asks_without_script_and_a_repeat_changes_nothing(sam, shop):
    number = shop.place()["number"]
    assert f"Cancel order {number}?" in sam.get(f"/orders/{number}/cancellation").text
    for _ in range(2):
        answer = sam.post(f"/orders/{number}/cancellation", data={"reason": "Twice", "idempotency_key": "c1"})
        assert answer.status_code == 303
    assert shop.read(number)["version"] == 2
