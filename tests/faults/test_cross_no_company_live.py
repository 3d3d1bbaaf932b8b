"""Sockets, streams and pages of events on the real processes: every topic, asked for by everybody of another company.

While they listen, the company they are after works: each of its facts carries a mark that none of them may hear.
"""

import http.client
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
import socketio

from app.core import live
from app.core.ids import new_ulid
from tests.faults.figures import Figures
from tests.laws.furnished import asked
from tests.realtime.ear import Ear, cookie_of
from tests.site import Site, wait_for
from tests.world import Person, World

pytestmark = pytest.mark.slow
ROLES = ("company_admin", "staff", "viewer")


class Eavesdropper:
    """One server-sent stream, written down as it comes."""

    def __init__(self, url: str, path: str, headers: dict[str, str]) -> None:
        parts = urlsplit(url)
        self.connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
        self.connection.request("GET", path, headers=headers)
        self.answer = self.connection.getresponse()
        self.heard = b""
        self.thread = threading.Thread(target=self.listen, daemon=True)
        self.thread.start()

    def listen(self) -> None:
        try:
            while piece := self.answer.read1(65536):
                self.heard += piece
        except (OSError, ValueError, http.client.HTTPException):
            return  # hung up below

    def close(self) -> None:
        if self.connection.sock is not None:
            self.connection.sock.shutdown(2)
        self.thread.join(5)
        self.connection.close()


def tokens(people: list[Person]) -> list[str]:
    """Return a token of the first, which may all he may."""
    return [str(asked(people[0], "POST", "/api/tokens", {"name": "Listener"})["token"])]


def hellos(theirs: Person, topics: list[str]) -> list[dict[str, Any]]:
    """Return what an attacker says to a socket: every topic from its beginning, as a script and as a page, and tricks."""
    known = dict.fromkeys(topics, 0)
    number = int(theirs.company_id)
    rooms = {f"events:{number}:orders": 0, f"page:{number}:orders": 0, f"company:{number}": 0, f"user:{number}:1": 0}
    return [
        {"topics": known},
        {"topics": known, "rows": True},
        {"topics": topics},
        {"topics": {}, "epoch": "another"},
        {"topics": rooms},
        {"topics": known, "companyId": theirs.company_slug, "company_id": number, "room": f"company:{number}"},
    ]


def work(person: Person, mark: str) -> None:
    """Make facts of many topics, each with the mark."""
    sku = f"SKU-{new_ulid()}"
    asked(
        person,
        "POST",
        "/api/inventory",
        {"sku": sku, "name": mark, "category": "frames", "onHand": 5, "unitPrice": "1.00"},
    )
    line = {"sku": sku, "quantity": 1, "unitPrice": "1.00"}
    order = asked(person, "POST", "/api/orders", {"customer": {"name": mark}, "currency": "GBP", "lines": [line]})
    asked(person, "POST", f"/api/orders/{order['number']}/notes", {"text": mark})
    person.put(f"/api/files?name={mark}.txt&category=documents", data=mark.encode())
    asked(person, "POST", "/api/reports", {"kind": "sales", "period": "today"})


def test_nobody_hears_another_company(site: Site, world: World, ada: Person, cleo: Person) -> None:
    mark = f"Heard-{new_ulid()}"
    work(ada, mark)
    topics = sorted(live.TOPICS)
    people = [cleo, *(world.northwind(role) for role in ROLES[1:])]
    ears = [
        Ear(site.url, cookie=cookie_of(person), **hello)
        for person in people
        for some in split(topics)
        for hello in hellos(ada, some)
    ]
    ears += [
        Ear(site.url, token=token, topics=dict.fromkeys(some, 0)) for token in tokens(people) for some in split(topics)
    ]
    own = Ear(site.url, cookie=cookie_of(ada), topics=dict.fromkeys(["orders", "inventory"], -1))
    streams = open_streams(site, people, topics, ada)
    try:
        opened = [ear for ear in [own, *ears] if opens(ear)]
        assert own in opened
        assert len(opened) == len(ears) + 1, [ear.refused for ear in ears if ear not in opened]
        work(ada, mark)
        wait_for(
            lambda: any(mark in str(heard) for heard in own.heard) or len(own.of("order.placed")) > 0,
            limit_s=30,
            say=own.told,
        )
        for person in people:  # what is their own they do hear: they listen
            asked(person, "GET", "/api/orders", None)
        work(cleo, "Own")
        wait_for(lambda: all(ear.heard for ear in opened), limit_s=30)
        wait_for(lambda: all(stream.heard for stream in streams if stream.answer.status == 200), limit_s=30)
        leaks = [ear.told() for ear in ears if mark in str(ear.heard) or ada.public_id in str(ear.heard)]
        leaks += [stream.heard[-300:].decode() for stream in streams if mark.encode() in stream.heard]
        assert leaks == []
    finally:
        for listener in [own, *ears, *streams]:
            listener.close()
    pages = read_pages(people, topics, ada)
    assert [path for path, text in pages if mark in text or ada.public_id in text] == []
    figures = Figures("tenancy")
    figures.say("sockets and streams of strangers while a company worked", len(ears) + len(streams))
    figures.say("pages of events they asked for", len(pages))
    figures.say("facts they heard of it", len(leaks), "0")


def split(topics: list[str]) -> list[list[str]]:
    """Return the topics as one handshake may name them."""
    return [topics[start : start + 20] for start in range(0, len(topics), 20)]


def opens(ear: Ear) -> bool:
    """Open a socket; False when it is refused."""
    try:
        ear.open()
    except socketio.exceptions.ConnectionError:
        return False
    return True


def open_streams(site: Site, people: list[Person], topics: list[str], theirs: Person) -> list[Eavesdropper]:
    """Follow every topic of one's own company, and of the other one by name."""
    asked_for = [*topics, ""]
    found = []
    for person in people:
        cookie = {"Cookie": cookie_of(person)}
        found += [Eavesdropper(site.url, f"/api/events/stream?topic={topic}&after=0", cookie) for topic in asked_for]
        named = f"/api/events/stream?topic=orders&companyId={theirs.company_slug}"
        refused = Eavesdropper(site.url, named, cookie | {"Last-Event-ID": "0"})
        assert refused.answer.status == 404
        found.append(refused)
    return found


def read_pages(people: list[Person], topics: list[str], theirs: Person) -> list[tuple[str, str]]:
    """Read every topic from every position, as JSON and as rows, with the other company named and without."""
    read: list[tuple[str, str]] = []
    named: Callable[[str], str] = lambda path: f"{path}&companyId={theirs.company_slug}"
    for person in people:
        for topic in topics:
            for after in (0, 1, 5, 2**40):
                paths = [f"{address}?topic={topic}&after={after}" for address in ("/api/events", "/live/rows")]
                for path in [*paths, *map(named, paths)]:
                    answer = person.get(path)
                    assert answer.status_code < 500, path
                    read.append((path, answer.text))
    return read


def test_the_ticket_of_another_opens_no_socket_of_one_s_own(site: Site, ada: Person, cleo: Person) -> None:
    """A ticket is good once, and for its owner's company: used up, changed or sent as a token it opens nothing."""
    ticket = asked(ada, "POST", "/api/socket-ticket", None)["ticket"]
    first = Ear(site.url, ticket=ticket, topics=["orders"])
    assert opens(first)
    first.close()
    head, body, tail = ticket.split(".")
    for tried in ({"ticket": ticket}, {"ticket": f"{head}.{body}.{tail[::-1]}"}, {"token": ticket}, {"ticket": body}):
        assert not opens(Ear(site.url, topics=["orders"], **tried)), tried
    # A page of another company is told to load itself again, whoever asks.
    assert not opens(Ear(site.url, cookie=cookie_of(cleo), company=ada.company_slug, topics=["orders"], rows=True))
