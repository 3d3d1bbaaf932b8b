"""A run of a feed: every order once, whatever happens to the partner, the pages or the worker."""

import threading

import pytest

from app.core.outside import OutsideFailed
from app.feeds import reads, service
from app.feeds.problems import FeedRefused, FeedUnreadable
from app.feeds.service import running
from tests.feeds.partner import order, page


def test_all_pages_come_in_and_the_cursor_is_kept(partner, feed, run, placed, ada):
    partner.pages([order("N-1", ("CUP", 2)), order("N-2", ("LAMP", 1), ("CUP", 3))], [order("N-3", ("CUP", 1))])
    done = run()
    assert (done.pages, done.placed, done.known, done.refused, done.error) == (2, 3, 0, 0, "")
    assert placed() == {"N-1": 2, "N-2": 4, "N-3": 1}
    assert partner.asked == [(None, "Bearer their-token"), ("c1", "Bearer their-token")]
    assert ada.get(f"/api/feeds/{feed.id}").json["cursor"] == "c1"
    kept = ada.get("/api/inventory/CUP").json
    assert (kept["onHand"], kept["reserved"]) == (100, 6)


def test_a_second_run_asks_from_the_cursor_and_places_nothing_twice(partner, feed, run, placed):
    partner.pages([order("N-1", ("CUP", 2))], [order("N-2", ("CUP", 1))])
    run()
    partner.pages([order("N-1", ("CUP", 2))], [order("N-2", ("CUP", 1)), order("N-3", ("CUP", 5))])
    again = run()
    assert (again.placed, again.known) == (1, 1)
    assert partner.asked[-1][0] == "c1"
    assert placed() == {"N-1": 2, "N-2": 1, "N-3": 5}


def test_a_page_that_comes_twice_and_an_order_twice_on_it_are_harmless(partner, feed, run, placed):
    same = [order("N-1", ("CUP", 2)), order("N-1", ("CUP", 2))]
    partner.pages(same, same, same)
    done = run()
    assert (done.placed, done.known) == (1, 5)
    assert placed() == {"N-1": 2}


def test_a_cursor_that_leads_to_itself_ends_the_run(partner, feed, run):
    partner.answer = lambda cursor: page([], "c1")
    assert run().pages == 2


def test_lines_that_cannot_be_ordered_are_kept_with_their_reason(partner, feed, run, placed, ada):
    partner.pages([order("N-1", ("CUP", 2), ("NOPE", 4), ("VAN", 1), ("LAMP", -3), ("LAMP", "many"), (None, 1))])
    done = run()
    assert (done.placed, done.refused) == (1, 5)
    assert placed() == {"N-1": 2}
    found = ada.get(f"/api/feeds/{feed.id}/refusals").json["items"]
    assert [(one["line"], one["sku"], one["quantity"]) for one in found] == [
        (2, "NOPE", "4"), (3, "VAN", "1"), (4, "LAMP", "-3"), (5, "LAMP", "many"), (6, "", "1"),
    ]  # fmt: skip
    assert found[0]["reason"] == "There is no such item here, or it is archived."
    assert found[1]["reason"] == "This is an asset of the company and not for sale."
    assert found[2]["reason"] == "Give a whole number from 1 to 1,000,000."
    shown = ada.get(f"/feeds/{feed.id}").text
    assert "NOPE" in shown
    assert "There is no such item here" in shown


def test_an_order_refused_as_a_whole_is_tried_again_when_it_comes_again(partner, feed, run, placed, ada):
    partner.pages([order("N-1", ("LATER", 2)), order("N-2", ("CUP", 1), customer={}), order("N-3", ("CUP", 1))])
    assert (run().placed, placed()) == (1, {"N-3": 1})
    reasons = {one["externalRef"]: one["reason"] for one in ada.get(f"/api/feeds/{feed.id}/refusals").json["items"]
               if one["line"] == 0}  # fmt: skip
    assert reasons["N-1"] == "None of its lines can be ordered."
    assert "who ordered" in reasons["N-2"]
    ada.post("/api/inventory", json={"sku": "LATER", "name": "Later", "onHand": 5})
    assert run().placed == 1
    assert placed() == {"N-1": 2, "N-3": 1}
    left = ada.get(f"/api/feeds/{feed.id}/refusals").json["items"]
    assert [one["externalRef"] for one in left] == ["N-2"]


def test_a_partner_that_fails_is_tried_again_and_goes_on_where_it_was(partner, feed, run, placed, ada):
    whole = [[order("N-1", ("CUP", 1))], [order("N-2", ("CUP", 1))], [order("N-3", ("CUP", 1))]]
    partner.pages(*whole)
    good = partner.answer
    partner.answer = lambda cursor: (500, {}, b"boom") if cursor == "c2" else good(cursor)
    with pytest.raises(OutsideFailed):
        run()
    assert placed() == {"N-1": 1, "N-2": 1}
    shown = ada.get(f"/api/feeds/{feed.id}").json
    assert shown["cursor"] == "c2"
    assert "error of its own, 500" in shown["error"]
    partner.answer = good
    partner.asked.clear()
    assert run().placed == 1
    assert partner.asked[0][0] == "c2"
    assert ada.get(f"/api/feeds/{feed.id}").json["error"] == ""


def test_a_partner_that_hangs_is_given_up(partner, feed, run, monkeypatch):
    monkeypatch.setattr(running, "TIME_LIMIT_S", 0.3)

    def hang(cursor):
        partner.release.wait(30)
        return page([])

    partner.answer = hang
    with pytest.raises(OutsideFailed, match="did not answer"):
        run()


def test_a_partner_that_asks_us_to_wait_is_left_alone(partner, feed, run, ada):
    partner.answer = lambda cursor: (429, {"Retry-After": "120"}, b"")
    assert run().error == "The partner says we ask too often."
    assert ada.get(f"/api/feeds/{feed.id}").json["notBefore"] is not None
    partner.asked.clear()
    with ada.acting():
        assert service.run_feed(feed.id) is None
    assert partner.asked == []


def test_what_trying_again_does_not_mend_is_said(partner, feed, run, ada):
    partner.answer = lambda cursor: (401, {}, b"")
    with pytest.raises(FeedRefused):
        run()
    assert "the token is wrong or missing" in ada.get(f"/feeds/{feed.id}").text
    for body in (b"<html>", b"[]", b'{"orders": 3}', b'{"orders": [], "next": 7}', b"[" * 100_000):
        partner.answer = lambda cursor, body=body: (200, {}, body)
        with pytest.raises(FeedUnreadable):
            run()


def test_two_runs_at_once_place_each_order_once(partner, feed, ada, placed):
    partner.pages([order(f"N-{number}", ("CUP", 1)) for number in range(12)])
    errors = []

    def work():
        try:
            with ada.acting():
                service.run_feed(feed.id)
        except Exception as error:  # noqa: BLE001 (shown below)
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert placed() == {f"N-{number}": 1 for number in range(12)}


def test_a_test_places_nothing(partner, feed, run, placed, ada):
    partner.pages([order("N-1", ("CUP", 1))], [order("N-2", ("CUP", 1))])
    done = run(is_test=True)
    assert (done.pages, done.placed, placed()) == (1, 0, {})
    with ada.acting():
        assert reads.find_feed(feed.id).cursor == ""


def test_an_order_without_a_name_is_left_out(partner, feed, run, placed):
    partner.pages([{**order("x", ("CUP", 1)), "ref": None}, "nonsense", order("N-2", ("CUP", 1))])
    done = run()
    assert (done.placed, done.refused, placed()) == (1, 2, {"N-2": 1})
