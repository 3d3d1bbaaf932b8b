"""Server-sent events: the same sequence as sockets and `/api/events`, from any position."""

import http.client
import json
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import psycopg
import requests

from tests.realtime.ear import Ear, cookie_of
from tests.realtime.lanterns import light
from tests.site import Site, wait_for
from tests.stage import Stage
from tests.world import Person


class Follower:
    """Reads an event stream in the background."""

    def __init__(self, site: Site, person: Person, query: str = "topic=lanterns", last_id: str | None = None) -> None:
        headers = {"Cookie": cookie_of(person)} | ({"Last-Event-ID": last_id} if last_id is not None else {})
        self.connection = http.client.HTTPConnection(urlsplit(site.url).netloc, timeout=20)
        self.connection.request("GET", f"/api/events/stream?{query}", headers=headers)
        self.wire = self.connection.sock
        self.answer = self.connection.getresponse()
        self.events: list[dict[str, Any]] = []
        self.ids: list[str] = []
        self.has_begun = threading.Event()
        self.is_over = threading.Event()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        with suppress(OSError, http.client.HTTPException):
            while line := self.answer.readline().decode():
                self.has_begun.set()
                if line.startswith("id: "):
                    self.ids.append(line.removeprefix("id: ").strip())
                elif line.startswith("data: {"):
                    self.events.append(json.loads(line.removeprefix("data: ")))
        self.is_over.set()

    def close(self) -> None:
        """Hang up from outside the reading thread."""
        with suppress(OSError):
            self.wire.shutdown(socket.SHUT_RDWR)


def test_stream_socket_and_page_give_the_same_sequence(hall: Site, listen: Callable[..., Ear], ada: Person) -> None:
    ear, stream = listen(ada, topics={"lanterns": 0}), Follower(hall, ada, last_id="0")
    for number in range(1, 41):
        light(ada, number)
    wait_for(lambda: len(stream.events) >= 40, say=lambda: stream.events[-3:])
    ear.wait(lambda: len(ear.of("lantern.lit")) >= 40)
    page = requests.get(
        f"{hall.url}/api/events?topic=lanterns&limit=100", headers={"Cookie": cookie_of(ada)}, timeout=5
    )
    assert stream.events == ear.of("lantern.lit") == page.json()["events"]
    assert stream.ids == [str(seq) for seq in range(1, 41)]
    stream.close()


def test_a_stream_goes_on_where_it_was(hall: Site, ada: Person, pump: Callable[[], int]) -> None:
    for number in range(1, 11):
        light(ada, number)
    pump()
    stream = Follower(hall, ada, last_id="6")
    wait_for(lambda: len(stream.events) == 4)
    assert [event["seq"] for event in stream.events] == [7, 8, 9, 10]
    stream.close()


def test_a_stream_of_many_topics_has_a_position_in_each(hall: Site, ada: Person) -> None:
    stream = Follower(hall, ada, query="topic=lanterns,accounts", last_id="lanterns:0,accounts:0")
    light(ada, 1)
    wait_for(lambda: any(one.startswith("lanterns:1,accounts:") for one in stream.ids), say=lambda: stream.ids)
    stream.close()


def test_another_companys_stream_is_silent(hall: Site, ada: Person, cleo: Person) -> None:
    outsider, stream = Follower(hall, cleo, last_id="0"), Follower(hall, ada, last_id="0")
    light(ada, 1)
    wait_for(lambda: stream.events)
    light(cleo, 2)
    wait_for(lambda: outsider.events)
    assert [event["data"]["number"] for event in outsider.events] == [2]
    stream.close(), outsider.close()


def test_a_forbidden_or_unknown_topic_is_refused_before_the_stream(vera: Person, lanterns: None) -> None:
    assert vera.get("/api/events/stream?topic=accounts").status_code == 403
    assert vera.get("/api/events/stream?topic=lighthouses").status_code == 404
    assert vera.get("/api/events/stream?topic=lanterns", headers={"Last-Event-ID": "yesterday:x"}).status_code == 400


def test_signing_out_ends_the_stream(hall: Site, ada: Person) -> None:
    stream = Follower(hall, ada)
    assert stream.has_begun.wait(3)
    ada.post("/api/logout", json={})
    assert stream.is_over.wait(2)


READS = (
    "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' "
    "AND query LIKE 'SELECT%FROM event_log%' AND usename = 'qd_platform'"
)


def test_a_stream_whose_database_goes_ends_quietly_and_is_taken_up_again(
    hall: Site, ada: Person, live_stage: Stage
) -> None:
    for number in range(1, 4):
        light(ada, number)
    seen = Follower(hall, ada, last_id="0")
    wait_for(lambda: len(seen.events) == 3)
    seen.close()
    written = len((hall.folder / "web.log").read_text())
    with psycopg.connect(live_stage.superuser_url) as other:
        other.execute("LOCK TABLE event_log IN ACCESS EXCLUSIVE MODE")
        stream = Follower(hall, ada, last_id="2")
        assert stream.has_begun.wait(5)
        wait_for(lambda: ada.world.sql.execute(READS).fetchone())
        # What a server that stops tells each of its connections.
        ada.world.sql.execute(READS.replace("pid", "pg_terminate_backend(pid)", 1))
        assert stream.is_over.wait(5)
    said = (hall.folder / "web.log").read_text()[written:]
    assert "Traceback" not in said
    assert "Error handling request" not in said
    assert said.count("database away; a stream ends") == 1
    again = Follower(hall, ada, last_id="2")
    wait_for(lambda: [event["seq"] for event in again.events] == [3], say=lambda: again.events)
    again.close()
