from tests.orders.conftest import PARCEL


def test_shipping_takes_the_stock_away_and_tells_in_this_order(ada, shop, facts):
    number = shop.place("packed")["number"]
    answer = ada.post(f"/api/orders/{number}/shipment", json=PARCEL)
    assert answer.status_code == 201
    assert answer.json["state"] == "shipped"
    assert answer.json["shipments"][0]["trackingNumber"] == "TRK-1"
    assert shop.stock() == (98, 0)
    assert [kind for kind, _ in facts()[-2:]] == ["order.status-changed", "order.shipped"]
    assert facts()[-1][1]["lines"] == [{"line": 1, "sku": "FRM-1", "quantity": 2}]


def test_a_partial_shipment_leaves_the_rest_packed(ada, shop, facts):
    lines = [{"sku": "FRM-1", "quantity": 2}, {"sku": "LNS-2", "quantity": 3}]
    number = shop.place("packed", lines=lines)["number"]
    part = {**PARCEL, "lines": [{"line": 2, "quantity": 1}]}
    answer = ada.post(f"/api/orders/{number}/shipment", json=part)
    assert (answer.json["state"], answer.json["version"]) == ("packed", 4)
    assert [line["shipped"] for line in answer.json["lines"]] == [0, 1]
    assert facts()[-1][0] == "order.shipped"
    assert facts()[-1][1]["remainingUnits"] == 4
    assert shop.stock("LNS-2") == (4, 2)
    rest = ada.post(f"/api/orders/{number}/shipment", json={"carrier": "UPS"})
    assert rest.json["state"] == "shipped"
    assert [one["number"] for one in rest.json["shipments"]] == [1, 2]


def test_more_than_is_ready_is_refused(ada, shop):
    number = shop.place("packed")["number"]
    answer = ada.post(f"/api/orders/{number}/shipment", json={**PARCEL, "lines": [{"line": 1, "quantity": 3}]})
    assert (answer.status_code, answer.json["code"]) == (409, "too-many-to-ship")
    answer = ada.post(f"/api/orders/{number}/shipment", json={**PARCEL, "lines": [{"line": 9, "quantity": 1}]})
    assert (answer.status_code, answer.json["code"]) == (422, "unknown-line")
    answer = ada.post(f"/api/orders/{number}/shipment", json={**PARCEL, "lines": []})
    assert (answer.status_code, answer.json["code"]) == (422, "no-units-named")
    assert ada.post(f"/api/orders/{number}/shipment", json={}).status_code == 422
    assert shop.stock() == (100, 2)


def test_an_order_that_is_not_packed_does_not_ship(ada, shop):
    number = shop.place("paid")["number"]
    answer = ada.post(f"/api/orders/{number}/shipment", json=PARCEL)
    assert (answer.status_code, answer.json["code"]) == (409, "state-cannot-follow")


def test_the_outsider_finds_nothing_and_the_viewer_may_not(cleo, vera, shop):
    number = shop.place("packed")["number"]
    assert cleo.post(f"/api/orders/{number}/shipment", json=PARCEL).status_code == 404
    assert cleo.get(f"/orders/{number}/shipment").status_code == 404
    assert vera.post(f"/api/orders/{number}/shipment", json=PARCEL).status_code == 403
    assert vera.get(f"/orders/{number}/shipment").status_code == 403
    assert shop.read(number)["state"] == "packed"


def test_the_same_key_ships_once(ada, shop):
    number = shop.place("packed", lines=[{"sku": "FRM-1", "quantity": 4}])["number"]
    part = {**PARCEL, "lines": [{"line": 1, "quantity": 1}]}
    for _ in range(2):
        ada.post(f"/api/orders/{number}/shipment", json=part, headers={"Idempotency-Key": "ship-1"})
    assert shop.stock() == (99, 3)


def test_the_page_ships_a_part_and_says_what_is_left(sam, shop):
    number = shop.place("packed", lines=[{"sku": "FRM-1", "quantity": 4}])["number"]
    assert 'name="line-1"' in sam.get(f"/orders/{number}/shipment").text
    answer = sam.post(f"/orders/{number}/shipment", data={"carrier": "DPD", "line-1": "3", "idempotency_key": "s1"})
    assert answer.status_code == 303
    assert "1 unit still here" in sam.get(f"/orders/{number}").text
    refused = sam.post(f"/orders/{number}/shipment", data={"carrier": "DPD", "line-1": "2", "idempotency_key": "s2"})
    assert refused.status_code == 409
    assert "has 1 ready to ship, not 2" in refused.text
    assert shop.stock() == (97, 1)


def test_a_delivered_order_has_arrived(ada, shop):
    number = shop.place("shipped")["number"]
    answer = ada.post(f"/orders/{number}/delivery")
    assert answer.status_code == 303
    assert shop.read(number)["state"] == "delivered"
    assert ada.post(f"/api/orders/{number}/delivery").json["code"] == "state-cannot-follow"
