"""Adding, changing and pausing a feed; who may; and that the token is never shown."""

import pytest

from app.core import outside
from app.core.outside import AddressRefused, check_url, find_target, read_wait

FEED = {"name": "Northern Gifts", "url": "https://partner.example/orders", "token": "their-token"}


def test_a_feed_is_added_and_its_token_never_shown(ada):
    made = ada.post("/api/feeds", json=FEED)
    assert made.status_code == 201
    assert made.json["hasToken"] is True
    for path in ("/feeds", f"/feeds/{made.json['id']}", "/api/feeds", f"/api/feeds/{made.json['id']}"):
        answer = ada.get(path)
        assert answer.status_code == 200
        assert "their-token" not in answer.text


def test_the_page_adds_one_too_and_shows_what_is_wrong(ada):
    form = {"name": "Southern", "url": "http://partner.example/", "token": "secret-token"}
    refused = ada.post("/feeds", data=form)
    assert refused.status_code == 422
    assert "It must begin with https://" in refused.text
    assert "secret-token" not in refused.text
    assert ada.post("/feeds", data={**form, "url": FEED["url"]}).status_code == 303
    again = ada.post("/feeds", data={**form, "url": FEED["url"]})
    assert (again.status_code, "There is a feed called Southern already" in again.text) == (409, True)


def test_another_host_must_be_given_the_token_anew(ada):
    made = ada.post("/api/feeds", json=FEED).json
    same = ada.patch(f"/api/feeds/{made['id']}", json={"url": "https://partner.example/v2/orders"}).json
    assert same["hasToken"] is True
    other = ada.patch(f"/api/feeds/{made['id']}", json={"url": "https://elsewhere.example/orders"}).json
    assert other["hasToken"] is False


def test_a_paused_feed_is_not_fetched_until_it_is_resumed(ada):
    made = ada.post("/api/feeds", json=FEED).json
    assert ada.post(f"/api/feeds/{made['id']}/pause").json["state"] == "paused"
    assert ada.post(f"/api/feeds/{made['id']}/pause").json["version"] == 2
    assert ada.post(f"/api/feeds/{made['id']}/runs").json["code"] == "feed-paused"
    assert ada.delete(f"/api/feeds/{made['id']}/pause").json["state"] == "on"
    started = ada.post(f"/feeds/{made['id']}/runs")
    assert started.status_code == 303
    queued = ada.post(f"/api/feeds/{made['id']}/runs").json["jobId"]
    assert ada.post(f"/api/feeds/{made['id']}/runs").json["jobId"] == queued


def test_staff_and_viewers_do_not_see_feeds_and_others_find_none(ada, sam, vera, cleo):
    made = ada.post("/api/feeds", json=FEED).json
    for person in (sam, vera):
        assert person.get("/feeds").status_code == 403
        assert person.post("/api/feeds", json=FEED).status_code == 403
        assert person.post(f"/api/feeds/{made['id']}/runs").status_code == 403
    for path in ("", "/runs", "/refusals"):
        assert cleo.get(f"/api/feeds/{made['id']}{path}").status_code == 404
    assert cleo.get(f"/feeds/{made['id']}").status_code == 404
    assert cleo.post(f"/feeds/{made['id']}/pause").status_code == 404
    assert cleo.get("/api/feeds").json["items"] == []


@pytest.mark.parametrize(
    "url",
    [
        "http://partner.example/", "ftp://partner.example/", "https://", "partner.example", "https://me:pw@partner.example/",
        "https://partner.example:99999/", "https://partner .example/", "file:///etc/passwd", "https://[::1",
        "https://partner.example/\nHost: inner",
    ],
)  # fmt: skip
def test_addresses_that_are_not_called(url):
    with pytest.raises(AddressRefused):
        check_url(url)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "localhost", "10.1.2.3", "192.168.0.9", "169.254.169.254", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0",  # noqa: S104
        "[fd00::1]", "[64:ff9b::7f00:1]", "100.64.0.1", "224.0.0.1", "2130706433",
    ],
)  # fmt: skip
def test_inner_addresses_are_not_called(host):
    with pytest.raises(AddressRefused):
        find_target(f"https://{host}/orders")


def test_a_name_that_leads_inside_is_not_called_and_one_that_changes_is_pinned(monkeypatch):
    answers = iter(["93.184.215.14", "127.0.0.1"])

    def look_up(host, port, **_):
        return [(2, 1, 6, "", (next(answers), port))]

    monkeypatch.setattr(outside.socket, "getaddrinfo", look_up)
    assert find_target("https://rebinding.example/").address == "93.184.215.14"
    with pytest.raises(AddressRefused):
        find_target("https://rebinding.example/")


def test_what_retry_after_says():
    assert (read_wait("30"), read_wait(""), read_wait("soon"), read_wait("9" * 40)) == (30.0, None, None, None)
    assert read_wait("Wed, 21 Oct 2015 07:28:00 GMT") == 0.0
    assert read_wait("999999") == 86_400.0
