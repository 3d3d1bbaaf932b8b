"""Telling people: by role or by id, each once, for themselves alone; by mail too for those who like."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from app.core.db import transaction
from app.core.tasks import run_job
from app.notifications.service import News, notify, send_news
from tests.journeys.live import wait_until_live
from tests.world import Person

LATE = News("late-orders", "3 orders are late.", "/orders?view=late")


def unread(person: Person) -> int:
    return int(person.get("/api/notifications").json["unread"])


@pytest.fixture
def told(ada: Person, sam: Person) -> str:
    """One notification of sam's; its id."""
    with ada.acting():
        assert send_news(LATE, people=[sam.public_id]) == 1
    return str(sam.get("/api/notifications").json["items"][0]["id"])


def test_a_role_is_told_and_nobody_else(ada: Person, sam: Person, vera: Person, cleo: Person) -> None:
    with ada.acting():
        assert send_news(LATE, roles=["staff"]) == 1
    assert [unread(one) for one in (sam, ada, vera, cleo)] == [1, 0, 0, 0]
    page = sam.get("/notifications").text
    assert "3 orders are late." in page
    assert "<strong>1</strong> unread" in page
    assert re.search(r'id="bell"><span>1</span>', page)
    assert "3 orders are late." in sam.fragment("/notifications/menu").text


def test_many_of_a_kind_are_one_row_of_the_menu_that_leads_to_all_of_them(ada: Person, sam: Person) -> None:
    with ada.acting():
        send_news(News("report-ready", "The report is ready.", "/reports"), people=[sam.public_id])
        for number in range(12):
            send_news(News("queue-behind", f"Behind for the {number}. time.", "/queues"), people=[sam.public_id])
    menu = sam.fragment("/notifications/menu").text
    assert "Behind for the 11. time." in menu
    assert "Behind for the 10. time." not in menu
    assert "and 11 more of this kind" in menu
    assert "The report is ready." in menu
    kind = sam.get("/notifications?kind=queue-behind").text
    assert kind.count("Behind for the ") >= 12
    assert "The report is ready." not in kind


def test_the_job_tells_everybody_once_however_often_it_runs(app: Flask, ada: Person, sam: Person) -> None:
    with ada.acting():
        job_id = notify(LATE.kind, LATE.text, roles=["staff", "company_admin"])
    with app.app_context():
        run_job(ada.company_id, job_id)
    with ada.acting():
        assert send_news(LATE, roles=["staff", "company_admin"], job_id=job_id) == 0
    assert [unread(one) for one in (sam, ada)] == [1, 1]


def test_reading_one_goes_where_it_leads_and_counts(sam: Person, told: str) -> None:
    answer = sam.post(f"/notifications/{told}/reading")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/orders?view=late")
    assert unread(sam) == 0
    again = sam.post(f"/api/notifications/{told}/reading")
    assert again.json["readAt"] is not None


def test_all_are_read_at_once(sam: Person, told: str) -> None:
    assert sam.post("/api/notifications/reading").status_code == 204
    assert unread(sam) == 0
    assert "All are read." in sam.get("/notifications").text


def test_nobody_reads_anothers(ada: Person, cleo: Person, told: str) -> None:
    for person in (ada, cleo):
        assert person.post(f"/notifications/{told}/reading").status_code == 404
        assert person.post(f"/api/notifications/{told}/reading").status_code == 404


def test_a_link_to_another_site_is_not_followed(ada: Person, sam: Person) -> None:
    with ada.acting():
        send_news(News("x", "Look", "https://evil.example/"), people=[sam.public_id])
    found = sam.get("/api/notifications").json["items"][0]["id"]
    assert sam.post(f"/notifications/{found}/reading").headers["Location"] == "/notifications"


def test_who_wants_it_by_mail_gets_a_mail(app: Flask, ada: Person, sam: Person, vera: Person) -> None:
    assert sam.post("/notifications/preferences", data={"on": "1"}).status_code == 303
    with ada.acting():
        send_news(LATE, people=[sam.public_id, vera.public_id])
    rows = ada.world.sql.execute(
        "SELECT r.address, m.text FROM mailings m JOIN mail_recipients r ON r.mailing_id = m.id WHERE m.company_id = %s",
        (ada.company_id,),
    ).fetchall()
    assert [row["address"] for row in rows] == [sam.email]
    assert "/orders?view=late" in rows[0]["text"]
    sam.post("/notifications/preferences", data={"on": "0"})
    with ada.acting():
        send_news(LATE, people=[sam.public_id])
    assert sam.get("/api/notifications").json["unread"] == 2


def test_the_list_goes_on_by_cursor(sam: Person, ada: Person) -> None:
    with ada.acting():
        for n in range(3):
            send_news(News("x", f"News {n}"), people=[sam.public_id])
    first = sam.get("/api/notifications?limit=2").json
    rest = sam.get(f"/api/notifications?limit=2&after={first['nextCursor']}").json
    assert len(first["items"]) == 2
    assert len(rest["items"]) == 1
    assert sam.get("/api/notifications?after=made-up").status_code == 400


def test_more_than_ninety_nine_are_said_to_be_more(ada: Person, sam: Person) -> None:
    with ada.acting(), transaction():
        for n in range(99):
            send_news(News("x", f"News {n}"), people=[sam.public_id])
    exact = sam.get("/api/notifications?limit=1").json
    assert (exact["unread"], exact["isBounded"]) == (99, False)
    with ada.acting():
        send_news(LATE, people=[sam.public_id])
    more = sam.get("/api/notifications?limit=1").json
    assert (more["unread"], more["isBounded"]) == (99, True)
    page = sam.get("/notifications").text
    assert "<strong>99+</strong> unread" in page
    assert re.search(r'id="bell"><span>99\+</span>', page)


def test_a_platform_admin_has_a_bell_whatever_company_they_act_in(pat: Person) -> None:
    with pat.acting():
        send_news(LATE, people=[pat.public_id])
    assert re.search(r'id="bell"><span>\d', pat.get("/notifications").text)


def test_news_reach_an_open_page_at_once(open_page: Callable[..., Any], ada: Person, sam: Person) -> None:
    window = wait_until_live(open_page(sam, "/orders"))
    with ada.acting():
        send_news(LATE, people=[sam.public_id])
    window.wait_for_selector("#bell:not([hidden])", timeout=20_000)
    assert window.inner_text("#bell > span:first-child") == "1"
    window.click(".top__bell")
    window.wait_for_selector("#menu-bell-rows form", timeout=20_000)
    window.click("#menu-bell-rows form button")
    window.wait_for_url("**/orders?view=late", timeout=20_000)
    assert not window.locator("#bell").is_visible()


def test_a_kind_that_cannot_be_is_refused(ada: Person) -> None:
    assert ada.get("/api/notifications?kind=%00").status_code == 422
