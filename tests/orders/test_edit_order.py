def test_an_edit_changes_what_is_given_and_leaves_the_rest(ada, shop, facts):
    order = shop.place(externalRef="A-1")
    answer = ada.patch(f"/api/orders/{order['number']}", json={"version": 1, "customer": {"name": "M. Lind"}})
    assert answer.status_code == 200
    assert (answer.json["customer"]["name"], answer.json["externalRef"], answer.json["version"]) == (
        "M. Lind",
        "A-1",
        2,
    )
    kind, data = facts()[-1]
    assert kind == "order.updated"
    assert data["changes"]["customerName"] == {"before": "Marta Lind", "after": "M. Lind"}


def test_nothing_given_changes_nothing(ada, shop, facts):
    order = shop.place()
    count = len(facts())
    assert ada.patch(f"/api/orders/{order['number']}", json={"version": 1}).json["version"] == 1
    assert len(facts()) == count


def test_new_lines_keep_other_stock(ada, shop):
    number = shop.place()["number"]
    lines = [{"sku": "LNS-2", "quantity": 3}, {"sku": "FRM-1", "quantity": 1}]
    answer = ada.patch(f"/api/orders/{number}", json={"version": 1, "lines": lines})
    assert answer.json["total"] == "204.50"
    assert shop.stock("FRM-1") == (100, 1)
    assert shop.stock("LNS-2") == (5, 3)
    assert [line["line"] for line in shop.read(number)["lines"]] == [1, 2]


def test_lines_that_cannot_be_kept_change_nothing(ada, shop):
    number = shop.place()["number"]
    answer = ada.patch(f"/api/orders/{number}", json={"version": 1, "lines": [{"sku": "LNS-2", "quantity": 6}]})
    assert (answer.status_code, answer.json["code"]) == (409, "out-of-stock")
    assert shop.stock("FRM-1") == (100, 2)
    assert shop.read(number)["version"] == 1


def test_the_lines_of_a_paid_order_are_fixed(ada, shop):
    number = shop.place("paid")["number"]
    answer = ada.patch(f"/api/orders/{number}", json={"version": 2, "lines": [{"sku": "FRM-1", "quantity": 1}]})
    assert (answer.status_code, answer.json["code"]) == (409, "lines-are-fixed")


def test_the_second_of_two_editors_sees_what_the_first_changed(ada, sam, shop, pump):
    number = shop.place()["number"]
    ada.patch(f"/api/orders/{number}", json={"version": 1, "externalRef": "FIRST"})
    ada.post(f"/api/orders/{number}/payment")
    pump()
    answer = sam.patch(f"/api/orders/{number}", json={"version": 1, "externalRef": "SECOND"})
    assert (answer.status_code, answer.json["code"]) == (409, "version-conflict")
    assert (answer.json["yours"], answer.json["current"]) == (1, 3)
    assert answer.json["changedBy"] == "Company Admin"
    assert answer.json["changedAt"].startswith("20")
    assert answer.json["changed"] == {
        "externalRef": {"before": None, "after": "FIRST"},
        "state": {"before": "placed", "after": "paid"},
    }
    assert shop.read(number)["externalRef"] == "FIRST"


def test_the_page_shows_the_conflict_and_keeps_what_was_typed(ada, sam, shop, pump):
    number = shop.place()["number"]
    assert 'name="version" value="1"' in sam.get(f"/orders/{number}/edit").text
    ada.patch(f"/api/orders/{number}", json={"version": 1, "externalRef": "FIRST"})
    pump()
    form = {
        "version": "1", "customer_name": "Marta L.", "sku": ["FRM-1"], "quantity": ["2"], "unit_price": ["12.50"],
        "idempotency_key": "e1",
    }  # fmt: skip
    answer = sam.post(f"/orders/{number}", data=form)
    assert answer.status_code == 409
    assert "Company Admin changed this order <time" in answer.text
    assert "FIRST" in answer.text
    assert 'value="Marta L."' in answer.text
    again = sam.post(f"/orders/{number}", data={**form, "version": "2", "idempotency_key": "e2"})
    assert again.status_code == 303
    assert shop.read(number)["customer"]["name"] == "Marta L."


def test_the_outsider_finds_nothing_and_the_viewer_may_not(cleo, vera, shop):
    number = shop.place()["number"]
    body = {"version": 1, "externalRef": "X"}
    assert cleo.patch(f"/api/orders/{number}", json=body).status_code == 404
    assert cleo.get(f"/orders/{number}/edit").status_code == 404
    assert vera.patch(f"/api/orders/{number}", json=body).status_code == 403
    assert vera.get(f"/orders/{number}/edit").status_code == 403
    assert shop.read(number)["version"] == 1


def test_a_repeat_with_the_same_key_is_answered_the_same(ada, shop):
    number = shop.place()["number"]
    headers = {"Idempotency-Key": "edit-1"}
    for _ in range(2):
        answer = ada.patch(f"/api/orders/{number}", json={"version": 1, "externalRef": "X"}, headers=headers)
        assert (answer.status_code, answer.json["version"]) == (200, 2)


def test_a_colleagues_note_is_no_conflict(ada, sam, shop, pump):
    number = shop.place()["number"]
    for text in ("Ring first", "Then knock"):
        sam.post(f"/api/orders/{number}/notes", json={"text": text})
    answer = ada.patch(f"/api/orders/{number}", json={"version": 1, "externalRef": "X"})
    assert (answer.status_code, answer.json["version"], answer.json["externalRef"]) == (200, 4, "X")
    sam.post(f"/api/orders/{number}/notes", json={"text": "Done"})
    pump()
    stale = ada.patch(f"/api/orders/{number}", json={"version": 3, "externalRef": "Y"})
    assert (stale.status_code, stale.json["code"]) == (409, "version-conflict")
    ahead = ada.patch(f"/api/orders/{number}", json={"version": 6, "externalRef": "Y"})
    assert ahead.status_code == 409


def test_a_conflict_before_the_log_knows_says_somebody(ada, sam, shop):
    number = shop.place()["number"]
    ada.patch(f"/api/orders/{number}", json={"version": 1, "externalRef": "FIRST"})
    answer = sam.patch(f"/api/orders/{number}", json={"version": 1, "externalRef": "SECOND"})
    assert (answer.status_code, answer.json["changedBy"]) == (409, None)
