def test_all_of_it_comes_back_to_the_shelf(ada, shop, facts):
    number = shop.place("delivered")["number"]
    assert shop.stock() == (98, 0)
    answer = ada.post(f"/api/orders/{number}/return", json={"reason": "Too small"})
    assert (answer.status_code, answer.json["state"], answer.json["returnedUnits"]) == (201, "returned", 2)
    assert shop.stock() == (100, 0)
    assert facts()[-1][1]["to"] == "returned"


def test_one_line_comes_back_and_the_order_stays_delivered(ada, shop, facts):
    number = shop.place("delivered")["number"]
    answer = ada.post(f"/api/orders/{number}/return", json={"lines": [{"line": 1, "quantity": 1}]})
    assert (answer.json["state"], answer.json["lines"][0]["returned"]) == ("delivered", 1)
    assert facts()[-1] == (
        "order.updated",
        {"number": number, "changes": {"returnedUnits": {"before": 0, "after": 1}}, "note": None, "noteNo": None},
    )
    assert [row["number"] for row in ada.get("/api/orders?view=returns").json["items"]] == [number]
    assert ada.post(f"/api/orders/{number}/return").json["state"] == "returned"


def test_more_than_left_does_not_come_back(ada, shop):
    number = shop.place("shipped")["number"]
    answer = ada.post(f"/api/orders/{number}/return", json={"lines": [{"line": 1, "quantity": 3}]})
    assert (answer.status_code, answer.json["code"]) == (409, "too-many-to-return")
    assert shop.stock() == (98, 0)


def test_what_has_not_left_does_not_come_back(ada, shop):
    number = shop.place("packed")["number"]
    assert ada.post(f"/api/orders/{number}/return").json["code"] == "state-cannot-follow"


def test_the_outsider_finds_nothing_and_the_viewer_may_not(cleo, vera, shop):
    number = shop.place("delivered")["number"]
    assert cleo.post(f"/api/orders/{number}/return").status_code == 404
    assert cleo.get(f"/orders/{number}/return").status_code == 404
    assert vera.post(f"/api/orders/{number}/return").status_code == 403
    assert shop.stock() == (98, 0)


def test_the_page_takes_back_once(sam, shop):
    number = shop.place("delivered")["number"]
    assert 'name="line-1"' in sam.get(f"/orders/{number}/return").text
    for _ in range(2):
        answer = sam.post(f"/orders/{number}/return", data={"line-1": "1", "reason": "Bent", "idempotency_key": "r1"})
        assert answer.status_code == 303
    assert shop.stock() == (99, 0)
    refused = sam.post(f"/orders/{number}/return", data={"line-1": "5", "idempotency_key": "r2"})
    assert refused.status_code == 409
