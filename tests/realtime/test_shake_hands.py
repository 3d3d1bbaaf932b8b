"""Who gets a socket: only this site's pages and known scripts, soon, and not too often."""

import time
from collections.abc import Callable

import pytest
import socketio

from app.notifications.service import News, send_news
from tests.realtime.ear import Ear, cookie_of
from tests.realtime.wire import RawSocket
from tests.site import Site, wait_for
from tests.world import Person

Listen = Callable[..., Ear]


def test_a_cookie_and_our_own_origin_are_let_in(hall: Site, ada: Person) -> None:
    with RawSocket(hall.url, {"Origin": hall.url, "Sec-Fetch-Site": "same-origin", "Cookie": cookie_of(ada)}) as raw:
        assert raw.status == 101
        assert "permessage-deflate" not in raw.head
        raw.connect({"topics": ["lanterns"]})
        heard = raw.hear_event()
        assert heard is not None
        assert heard[0] == "ready"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://["},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_another_sites_page_is_refused(hall: Site, ada: Person, headers: dict[str, str]) -> None:
    with RawSocket(hall.url, {"Cookie": cookie_of(ada), **headers}) as raw:
        assert raw.status == 403


def test_polling_is_refused(hall: Site) -> None:
    with RawSocket(hall.url, {"Upgrade": ""}, path="/socket.io/?EIO=4&transport=polling") as raw:
        assert raw.status == 426


def test_who_does_not_say_who_it_is_within_ten_seconds_is_cut(hall: Site, ada: Person) -> None:
    with RawSocket(hall.url, {"Cookie": cookie_of(ada)}) as raw:
        began = time.monotonic()
        while (text := raw.hear()) is not None:
            if text == "2":
                raw.say("3")
        assert 9 < time.monotonic() - began < 14


def test_a_stranger_is_refused_with_a_code(hall: Site) -> None:
    ear = Ear(hall.url)
    with pytest.raises(socketio.exceptions.ConnectionError):
        ear.open()
    assert ear.refused["data"]["code"] == "not-signed-in"


def test_a_made_up_token_is_refused(hall: Site) -> None:
    ear = Ear(hall.url, token="qd_" + "a" * 36)
    with pytest.raises(socketio.exceptions.ConnectionError):
        ear.open()
    assert ear.refused["data"]["code"] == "not-signed-in"


def test_a_page_of_another_company_is_told_to_load_again(hall: Site, ada: Person, cleo: Person) -> None:
    ear = Ear(hall.url, cookie=cookie_of(ada), rows=True, company=cleo.company_slug, topics={})
    with pytest.raises(socketio.exceptions.ConnectionError):
        ear.open()
    assert ear.refused["data"]["code"] == "company-changed"


@pytest.mark.parametrize(
    "hello",
    [
        {"topics": {"lanterns": "x"}}, {"topics": {str(n): 1 for n in range(30)}}, {"rows": []},
        {"topics": [["lanterns"]]}, {"topics": [{}]}, {"topics": [None]},
    ],
)  # fmt: skip
def test_an_unreadable_hello_is_refused(hall: Site, ada: Person, hello: dict[str, object]) -> None:
    ear = Ear(hall.url, cookie=cookie_of(ada), **hello)
    with pytest.raises(socketio.exceptions.ConnectionError):
        ear.open()
    assert ear.refused["data"]["code"] == "bad-handshake"


def test_a_token_is_let_in(hall: Site, ada: Person) -> None:
    answer = ada.post("/api/tokens", json={"name": "ears"})
    ear = Ear(hall.url, token=answer.json["token"], topics=["lanterns"]).open()
    assert ear.of("ready")
    ear.close()


def test_a_ticket_is_let_in_once(hall: Site, ada: Person) -> None:
    ticket = ada.post("/api/socket-ticket", json={}).json["ticket"]
    ear = Ear(hall.url, ticket=ticket, topics=["lanterns"]).open()
    ear.close()
    again = Ear(hall.url, ticket=ticket, topics=["lanterns"])
    with pytest.raises(socketio.exceptions.ConnectionError):
        again.open()


def test_both_workers_count_every_socket(hall: Site, listen: Callable[..., Ear], ada: Person, cleo: Person) -> None:
    for _ in range(6):
        listen(ada, topics=["lanterns"])
    listen(cleo, topics=["lanterns"])
    own = lambda person: person.get("/api/events/websocket/stats").json
    wait_for(
        lambda: own(ada) == {"totalConnections": 6, "connectionsByCompany": {ada.company_slug: 6}}, say=lambda: own(ada)
    )
    wait_for(lambda: own(cleo)["totalConnections"] == 1)


def test_a_platform_admin_counts_all_companies(
    listen: Callable[..., Ear], ada: Person, cleo: Person, pat: Person
) -> None:
    listen(ada, topics=[]), listen(cleo, topics=[])
    wait_for(
        lambda: (
            {ada.company_slug, cleo.company_slug}
            <= set(pat.get("/api/events/websocket/stats").json["connectionsByCompany"])
        )
    )


def test_what_rang_no_bell_before_the_socket_opened_is_said_then(listen: Listen, ada: Person, sam: Person) -> None:
    with ada.acting():
        send_news(News("order-late", "Order 7 is late"), people=[sam.public_id])
    (ready,) = listen(sam, rows=True).of("ready")
    assert ready["bell"]["unread"] == 1
    assert ready["bell"]["newest"] == sam.get("/api/notifications").json["items"][0]["id"]
    (script,) = listen(sam).of("ready")
    assert "bell" not in script
