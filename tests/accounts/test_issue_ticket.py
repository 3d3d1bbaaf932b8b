"""A minute's pass to the socket, and the sweep over those who are in."""

import time_machine
from flask import Flask

from app.accounts import service
from app.core import clock
from tests.accounts.conftest import browser, cookie_of
from tests.world import SAME_ORIGIN, Person


def test_a_ticket_is_good_once(app: Flask, ada: Person) -> None:
    ticket = ada.post("/api/socket-ticket").json["ticket"]
    with app.test_request_context():
        who = service.principal_for_ticket(ticket)
        assert who is not None
        assert (who.email, who.kind) == (ada.email, "session")
        assert service.principal_for_ticket(ticket) is None


def test_a_ticket_ends_with_its_minute_and_with_its_credential(app: Flask, ada: Person) -> None:
    old = ada.post("/api/socket-ticket").json["ticket"]
    client = browser(app, ada)
    orphan = client.post("/api/socket-ticket", headers=SAME_ORIGIN).json["ticket"]
    client.post("/api/logout", headers=SAME_ORIGIN)
    with app.test_request_context():
        assert service.principal_for_ticket(orphan) is None
        with time_machine.travel(clock.now().timestamp() + 61):
            assert service.principal_for_ticket(old) is None
        assert service.principal_for_ticket("not.a.ticket") is None


def test_a_token_s_ticket_stands_for_the_token(app: Flask, ada: Person) -> None:
    made = ada.post("/api/tokens", json={"name": "x", "scopes": ["orders:read"]}).json
    headers = {"Authorization": f"Bearer {made['token']}"}
    ticket = app.test_client().post("/api/socket-ticket", headers=headers).json["ticket"]
    with app.test_request_context():
        who = service.principal_for_ticket(ticket)
        assert who is not None
        assert (who.kind, who.credential, who.scopes) == ("token", made["id"], frozenset({"orders:read"}))


def test_visitors_get_none(app: Flask) -> None:
    assert app.test_client().post("/api/socket-ticket", headers=SAME_ORIGIN).status_code == 401


def test_the_sweep_keeps_only_those_who_are_what_they_were(app: Flask, ada: Person, sam: Person, vera: Person) -> None:
    cookies = [cookie_of(person.client) for person in (ada, sam, vera)]
    token = ada.post("/api/tokens", json={"name": "x"}).json
    with app.test_request_context():
        inside = [service.principal_for_cookie(cookie) for cookie in cookies]
        inside.append(service.principal_for_token(token["token"]))
        present = [who for who in inside if who is not None]
        assert len(present) == 4
        assert service.still_valid(present) == present
    ada.patch(f"/api/users/{sam.public_id}", json={"role": "viewer"})
    ada.post(f"/api/users/{vera.public_id}/deactivation", json={"reason": "x"})
    ada.delete(f"/api/tokens/{token['id']}")
    with app.test_request_context():
        assert service.still_valid(present) == present[:1]
        assert service.principal_for_cookie("made-up-cookie-of-some-length") is None


def test_the_sweep_lets_a_platform_admin_go_who_went_elsewhere(app: Flask, pat: Person, ada: Person) -> None:
    pat.get("/api/user")
    with app.test_request_context():
        who = service.principal_for_cookie(cookie_of(pat.client))
        assert who is not None
    pat.post("/company", data={"company": ada.company_slug})
    with app.test_request_context():
        assert service.still_valid([who]) == []
