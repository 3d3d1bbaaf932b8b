import re

from app.core import jobs, tasks
from app.core.db import db


def test_each_order_succeeds_or_says_why_not(ada, shop):
    shop.place("paid")
    shop.place()
    answer = ada.post("/api/orders/bulk", json={"act": "pack", "numbers": [1, 2, 77]})
    assert answer.status_code == 200
    assert (answer.json["done"], answer.json["refused"]) == (1, 2)
    codes = [(one["number"], one["code"]) for one in answer.json["results"]]
    assert codes == [(1, None), (2, "state-cannot-follow"), (77, "not-found")]
    assert shop.read(1)["state"] == "packed"


def test_a_refusal_inside_one_keyed_request_undoes_only_itself(ada, shop, facts):
    shop.place("paid")
    shop.place()
    headers = {"Idempotency-Key": "bulk-1"}
    for _ in range(2):
        answer = ada.post("/api/orders/bulk", json={"act": "pack", "numbers": [1, 2]}, headers=headers)
        assert (answer.json["done"], answer.json["refused"]) == (1, 1)
    packed = [data["number"] for kind, data in facts() if data.get("to") == "packed"]
    assert packed == [1]


def test_cancelling_many_lets_all_their_stock_go(ada, shop):
    for _ in range(3):
        shop.place()
    ada.post("/api/orders/bulk", json={"act": "cancel", "numbers": [1, 2, 3], "reason": "Shop closed"})
    assert shop.stock() == (100, 0)


def test_a_note_with_the_same_key_is_written_once(ada, shop):
    shop.place()
    form = {"act": "note", "note": "Hello", "number": ["1"], "idempotency_key": "b1"}
    for _ in range(2):
        assert ada.post("/orders/bulk", data=form).status_code == 303
    assert shop.read(1)["version"] == 2


def test_the_page_shows_what_became_of_each(sam, shop):
    shop.place()
    shop.place("paid")
    answer = sam.post("/orders/bulk", data={"act": "pay", "number": ["1", "2"], "query": "view=open"})
    assert answer.status_code == 200
    assert "1 order was marked paid" in answer.text
    assert "cannot become paid" in answer.text
    all_done = sam.post("/orders/bulk", data={"act": "pack", "number": ["1", "2"], "query": "view=open"})
    assert (all_done.status_code, all_done.location) == (303, "/orders?view=open")


def test_nothing_too_much_or_nonsense_is_refused(ada, shop):
    cases = [
        ({"act": "pay"}, "nothing-selected"),
        ({"act": "pay", "numbers": list(range(1, 102))}, "too-many-selected"),
        ({"act": "note", "numbers": [1]}, "invalid-input"),
        ({"act": "burn", "numbers": [1]}, "invalid-input"),
        ({"act": "pay", "query": "state=lost"}, "invalid-input"),
    ]
    for body, code in cases:
        assert ada.post("/api/orders/bulk", json=body).json["code"] == code, body


def test_all_that_match_is_a_job_that_may_run_twice(ada, shop, app):
    for _ in range(3):
        shop.place()
    shop.place("paid")
    answer = ada.post("/api/orders/bulk", json={"act": "pay", "query": "state=placed"})
    assert answer.status_code == 202
    job_id = answer.json["jobId"]
    with app.app_context():
        tasks.run_job(ada.company_id, job_id)
        tasks.run_job(ada.company_id, job_id)
    with ada.acting():
        job = db.session.get(jobs.Job, (ada.company_id, job_id))
        assert (job.state, job.result["done"], job.result["refused"]) == ("done", 3, 0)
    assert [shop.read(number)["state"] for number in (1, 2, 3, 4)] == ["paid"] * 4


def test_the_page_queues_all_that_match(sam, shop):
    shop.place()
    form = {"act": "pay", "all": "1", "query": "state=placed"}
    question = sam.post("/orders/bulk", data=form)
    assert question.status_code == 200
    assert "Mark 1 order paid?" in question.text
    answer = sam.post("/orders/bulk", data={**form, "confirmed": "1"})
    assert answer.status_code == 303
    assert re.fullmatch(r"/jobs/\w{26}", answer.location)


def test_the_outsider_changes_nothing_and_the_viewer_may_not(cleo, vera, shop):
    shop.place()
    answer = cleo.post("/api/orders/bulk", json={"act": "pay", "numbers": [1]})
    assert answer.json["results"][0]["code"] == "not-found"
    assert vera.post("/api/orders/bulk", json={"act": "pay", "numbers": [1]}).status_code == 403
    assert vera.post("/orders/bulk", data={"act": "pay", "number": ["1"]}).status_code == 403
    assert shop.read(1)["state"] == "placed"


def test_more_than_a_handful_is_asked_about_with_its_count(sam, shop):
    numbers = [str(shop.place(lines=[{"sku": "FRM-1", "quantity": 1}])["number"]) for _ in range(6)]
    form = {"act": "pay", "number": numbers, "query": "view=open"}
    question = sam.post("/orders/bulk", data=form)
    assert question.status_code == 200
    assert "Mark 6 orders paid?" in question.text
    assert question.text.count('name="number"') == 6
    assert 'href="/orders?view=open"' in question.text
    assert shop.read(1)["state"] == "placed"
    answer = sam.post("/orders/bulk", data={**form, "confirmed": "1"})
    assert (answer.status_code, answer.location) == (303, "/orders?view=open")
    assert "6 orders were marked paid." in sam.get("/orders").text
    assert shop.read(6)["state"] == "paid"


def test_cancelling_and_a_note_without_words_ask_first(sam, shop):
    shop.place()
    question = sam.post("/orders/bulk", data={"act": "cancel", "number": ["1"]})
    assert "Cancel 1 order?" in question.text
    assert shop.read(1)["state"] == "placed"
    assert 'name="note"' in sam.post("/orders/bulk", data={"act": "note", "number": ["1"]}).text
    sam.post("/orders/bulk", data={"act": "cancel", "number": ["1"], "reason": "Twice", "confirmed": "1"})
    assert shop.read(1)["state"] == "cancelled"
    assert sam.post("/orders/bulk", data={"act": "pay"}).status_code == 422
    assert sam.post("/orders/bulk", data={"act": "note", "number": ["1"], "confirmed": "1"}).status_code == 422


def test_ticks_and_the_bar_are_for_those_who_may_act(vera, shop):
    shop.place()
    page = vera.get("/orders").text
    assert page.count('class="tickcell" data-needs="orders:write"') == 2
    assert 'data-bulk data-needs="orders:write"' in page


def test_all_that_match_is_offered_in_good_english(ada, shop):
    for _ in range(51):
        shop.place(lines=[{"sku": "FRM-1", "quantity": 1}])
    page = ada.get("/orders").text
    assert "Select all orders<span" in page
    assert "all all" not in page
