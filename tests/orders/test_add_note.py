def test_a_note_stands_in_the_timeline(ada, shop, facts):
    number = shop.place()["number"]
    answer = ada.post(f"/api/orders/{number}/notes", json={"text": "Ring before noon"})
    assert (answer.status_code, answer.json["version"]) == (201, 2)
    assert facts()[-1][1]["note"] == "Ring before noon"
    assert "Ring before noon" in ada.get(f"/orders/{number}").text


def test_a_note_shows_before_and_after_the_relay_saw_it_once(ada, shop, pump):
    number = shop.place()["number"]
    ada.post(f"/orders/{number}/notes", data={"text": "Only once", "idempotency_key": "n1"})
    assert ada.get(f"/orders/{number}").text.count("<blockquote>Only once</blockquote>") == 1
    pump()
    assert ada.get(f"/orders/{number}").text.count("<blockquote>Only once</blockquote>") == 1


def test_a_huge_note_is_refused_with_its_own_code(ada, shop):
    number = shop.place()["number"]
    answer = ada.post(f"/api/orders/{number}/notes", json={"text": "x" * 1_900_000})
    assert (answer.status_code, answer.json["code"]) == (422, "note-too-long")
    answer = ada.post(f"/api/orders/{number}/notes", json={"text": "x" * 2_100_000})
    assert (answer.status_code, answer.json["code"]) == (413, "body-too-large")
    assert shop.read(number)["version"] == 1


def test_a_note_is_escaped(ada, shop):
    number = shop.place()["number"]
    ada.post(f"/api/orders/{number}/notes", json={"text": "<script>alert(1)</script>"})
    assert "<script>alert" not in ada.get(f"/orders/{number}").text


def test_the_outsider_finds_nothing_and_the_viewer_may_not(cleo, vera, shop):
    number = shop.place()["number"]
    assert cleo.post(f"/api/orders/{number}/notes", json={"text": "Hi"}).status_code == 404
    assert vera.post(f"/api/orders/{number}/notes", json={"text": "Hi"}).status_code == 403
    assert vera.post(f"/orders/{number}/notes", data={"text": "Hi"}).status_code == 403
    assert shop.read(number)["version"] == 1


def test_the_same_key_writes_once(ada, shop):
    number = shop.place()["number"]
    for _ in range(2):
        ada.post(f"/api/orders/{number}/notes", json={"text": "Hi"}, headers={"Idempotency-Key": "note-1"})
    assert shop.read(number)["version"] == 2
