import pytest

from tests.orders.conftest import PARCEL


@pytest.fixture
def number(ada, shop):
    """A packed order of four frames and one lens, of which one frame has left."""
    lines = [{"sku": "FRM-1", "quantity": 4}, {"sku": "LNS-2", "quantity": 1}]
    made = shop.place("packed", lines=lines)["number"]
    answer = ada.post(f"/api/orders/{made}/shipment", json={**PARCEL, "lines": [{"line": 1, "quantity": 1}]})
    assert answer.json["state"] == "packed"
    return made


def test_the_rest_is_let_go_and_the_order_is_shipped_for_what_left(ada, shop, facts, number):
    answer = ada.post(f"/api/orders/{number}/rest-cancellation", json={"reason": "Out of fashion"})
    assert answer.status_code == 201, answer.text
    order = answer.json
    assert (order["state"], order["total"], order["unitCount"], order["cancelledUnits"]) == ("shipped", "12.50", 1, 4)
    assert [(line["shipped"], line["cancelled"], line["amount"]) for line in order["lines"]] == [
        (1, 3, "12.50"),
        (0, 1, "0.00"),
    ]
    assert order["shippedAt"] == order["shipments"][0]["shippedAt"]
    assert (shop.stock("FRM-1"), shop.stock("LNS-2")) == ((99, 0), (5, 0))
    state, details = facts()[-2:]
    assert state[1] == {"number": number, "from": "packed", "to": "shipped", "reason": "Out of fashion"}
    assert details[1]["changes"] == {
        "cancelledUnits": {"before": 0, "after": 4},
        "total": {"before": "114.00", "after": "12.50"},
    }
    assert ada.post(f"/api/orders/{number}/delivery").json["state"] == "delivered"


def test_what_left_comes_back_while_more_is_to_follow(ada, shop, number):
    answer = ada.post(f"/api/orders/{number}/return", json={"lines": [{"line": 1, "quantity": 1}]})
    assert (answer.status_code, answer.json["state"], answer.json["returnedUnits"]) == (201, "packed", 1)
    assert shop.stock("FRM-1") == (100, 3)
    again = ada.post(f"/api/orders/{number}/return")
    assert (again.status_code, again.json["code"]) == (409, "state-cannot-follow")
    ended = ada.post(f"/api/orders/{number}/rest-cancellation")
    assert (ended.json["state"], ended.json["total"]) == ("returned", "12.50")
    assert shop.stock("FRM-1") == (100, 0)


def test_only_a_partly_shipped_order_has_a_rest(ada, shop, number):
    for state in ("placed", "packed", "shipped"):
        other = shop.place(state, lines=[{"sku": "FRM-1", "quantity": 1}])["number"]
        answer = ada.post(f"/api/orders/{other}/rest-cancellation")
        assert (answer.status_code, answer.json["code"]) == (409, "no-rest-to-cancel")


def test_the_page_offers_asks_and_does_it_once(sam, shop, pump, number):
    page = sam.get(f"/orders/{number}").text
    assert "Cancel the rest…" in page
    assert "Take back…" in page
    assert "Cancel the rest of order" in sam.get(f"/orders/{number}/rest-cancellation").text
    for _ in range(2):
        form = {"reason": "Sold out", "idempotency_key": "rest-1"}
        assert sam.post(f"/orders/{number}/rest-cancellation", data=form).status_code == 303
    pump()
    page = sam.get(f"/orders/{number}").text
    assert "1 shipped, 3 cancelled" in page
    assert "4 units were cancelled" in page
    assert "Sold out" in page
    assert sam.get(f"/orders/{number}/rest-cancellation").status_code == 409


def test_a_bulk_cancellation_says_that_a_parcel_has_left(ada, shop, number):
    answer = ada.post("/api/orders/bulk", json={"act": "cancel", "numbers": [number]})
    assert answer.json["results"][0]["code"] == "parcel-has-left"
    assert "has already left" in answer.json["results"][0]["detail"]


def test_the_outsider_finds_nothing_and_the_viewer_may_not(cleo, vera, shop, number):
    assert cleo.post(f"/api/orders/{number}/rest-cancellation").status_code == 404
    assert cleo.get(f"/orders/{number}/rest-cancellation").status_code == 404
    assert vera.post(f"/api/orders/{number}/rest-cancellation").status_code == 403
    assert vera.post(f"/orders/{number}/rest-cancellation").status_code == 403
    assert shop.read(number)["state"] == "packed"
