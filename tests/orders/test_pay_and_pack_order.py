def test_paying_moves_the_order_on(ada, shop, facts):
    order = shop.place()
    answer = ada.post(f"/api/orders/{order['number']}/payment")
    assert answer.status_code == 201
    assert (answer.json["state"], answer.json["version"]) == ("paid", 2)
    assert answer.json["paidAt"]
    assert facts()[-1] == ("order.status-changed", {"number": 1, "from": "placed", "to": "paid", "reason": None})


def test_a_paid_order_is_packed(ada, shop):
    order = shop.place("paid")
    assert ada.post(f"/api/orders/{order['number']}/packing").json["state"] == "packed"


def test_a_state_that_cannot_follow_is_refused_and_says_what_can(ada, shop):
    order = shop.place()
    answer = ada.post(f"/api/orders/{order['number']}/packing")
    assert (answer.status_code, answer.json["code"]) == (409, "state-cannot-follow")
    assert answer.json["possible"] == "paid or cancelled"
    assert shop.read(order["number"])["version"] == 1


def test_paying_twice_is_refused_and_with_the_same_key_answered_the_same(ada, shop):
    number = shop.place()["number"]
    headers = {"Idempotency-Key": "pay-1"}
    first = ada.post(f"/api/orders/{number}/payment", headers=headers)
    again = ada.post(f"/api/orders/{number}/payment", headers=headers)
    assert first.json == again.json
    assert ada.post(f"/api/orders/{number}/payment").status_code == 409


def test_the_outsider_finds_nothing_and_the_viewer_may_not(cleo, vera, shop):
    number = shop.place()["number"]
    for act in ("payment", "packing"):
        assert cleo.post(f"/api/orders/{number}/{act}").status_code == 404
        assert cleo.post(f"/orders/{number}/{act}").status_code == 404
        assert vera.post(f"/api/orders/{number}/{act}").status_code == 403
        assert vera.post(f"/orders/{number}/{act}").status_code == 403
    assert shop.read(number)["state"] == "placed"


def test_the_page_does_the_same(sam, shop):
    number = shop.place()["number"]
    assert "Mark paid" in sam.get(f"/orders/{number}").text
    answer = sam.post(f"/orders/{number}/payment")
    assert (answer.status_code, answer.location) == (303, f"/orders/{number}")
    sam.post(f"/orders/{number}/packing")
    assert shop.read(number)["state"] == "packed"
    assert "Ship…" in sam.get(f"/orders/{number}").text


def test_packing_keeps_stock_that_came_in_meanwhile(ada, shop, world):
    world.sql.execute("UPDATE companies SET settings = '{\"allow_backorder\": true}' WHERE id = %s", (ada.company_id,))
    number = shop.place("paid", lines=[{"sku": "LNS-2", "quantity": 8}])["number"]
    ada.post("/api/inventory/LNS-2/adjustments", json={"delta": 10, "reason": "delivery"})
    assert ada.post(f"/api/orders/{number}/packing").json["lines"][0]["reserved"] == 8
