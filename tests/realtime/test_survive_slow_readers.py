"""A reader that stops reading gets no broken frame, and is closed when its backlog is full; nobody else notices."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from app.core.db import transaction
from app.core.embedded.ports import find_free_port
from app.core.outbox import Fact, record
from app.realtime.sockets import DRAIN_SPREAD_S
from tests.realtime.ear import Ear, cookie_of
from tests.realtime.wire import RawSocket
from tests.site import Site
from tests.world import Person

FRAMES, FRAME_BYTES, BATCH = 2000, 20_000, 50


class LanternSung(Fact, type="lantern.sung", topic="lanterns"):
    """A lantern sang a long song."""

    verse: int
    song: str


def sing(person: Person, verses: range) -> None:
    with person.acting(), transaction():
        for verse in verses:
            record(LanternSung(verse=verse, song="x" * FRAME_BYTES))


def test_a_slow_reader_gets_every_frame_whole(hall: Site, ada: Person) -> None:
    """2,000 frames of 20 KB; it pauses every fifty, until the server's send buffer is full."""
    with RawSocket(hall.url, {"Cookie": cookie_of(ada)}) as raw:
        raw.connect({"topics": ["lanterns"]})
        assert raw.hear_event()
        heard: list[int] = []
        for start in range(0, FRAMES, BATCH):
            sing(ada, range(start, start + BATCH))
            threading.Event().wait(0.01)
            while len(heard) < start + BATCH:
                event = raw.hear_event()
                assert event is not None, f"closed after {len(heard)}"
                if event[0] == "lantern.sung":
                    assert event[1]["data"]["song"] == "x" * FRAME_BYTES
                    heard.append(event[1]["data"]["verse"])
    assert heard == list(range(FRAMES))


def test_a_reader_that_stopped_is_closed_and_the_others_hear_on(
    hall: Site, listen: Callable[..., Ear], ada: Person
) -> None:
    other = listen(ada, topics=["lanterns"])
    with RawSocket(hall.url, {"Cookie": cookie_of(ada)}) as raw:
        raw.connect({"topics": ["lanterns"]})
        assert raw.hear_event()
        for start in range(0, 1000, BATCH):
            sing(ada, range(start, start + BATCH))
            other.wait(lambda start=start: len(other.of("lantern.sung")) == start + BATCH)
        heard: list[Any] = []
        while (event := raw.hear_event()) is not None:
            heard.append(event[1]["data"]["verse"])
        assert heard == list(range(len(heard))), "a frame was lost or broken before the end"
        assert len(heard) < 1000
    assert [event["data"]["verse"] for event in other.of("lantern.sung")] == list(range(1000))


@pytest.fixture
def lone_site(app: Flask, environment: dict[str, str], tmp_path: Any) -> Iterator[Site]:
    """A site of one's own, to be stopped by the test."""
    port = find_free_port()
    site = Site(f"http://127.0.0.1:{port}", {**environment, "PORT": str(port), "WEB_WORKERS": "1"}, tmp_path)
    site.start("web", "gunicorn", "-c", "gunicorn.conf.py", "tests.realtime.lantern_wsgi:app")
    site.wait_until_ready()
    yield site
    site.stop()


def test_a_stopping_process_sends_its_sockets_elsewhere(lone_site: Site, ada: Person) -> None:
    ears = [Ear(lone_site.url, cookie=cookie_of(ada), topics=["lanterns"]).open() for _ in range(3)]
    lone_site.processes["web"].terminate()
    for ear in ears:
        ear.wait(lambda ear=ear: ear.of("reconnect"))
        assert ear.of("reconnect") == [{"withinMs": int(DRAIN_SPREAD_S * 1000)}]
    assert not any(ear.is_closed.is_set() for ear in ears), "they have some seconds to go by themselves"
    assert all(ear.is_closed.wait(10) for ear in ears)
    assert lone_site.processes["web"].wait(15) == 0
    assert "Traceback" not in lone_site.log("web")
