"""Many ask how the systems are, some of which hang: each system is asked by one thread at most, and nobody waits for long."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask

from app.core import pulse
from app.health import checks
from app.health.checks import Checks


class Systems:
    """One that answers at once and one that hangs until it is let go.

    Attributes:
        asked: How often each was asked.
    """

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.asked = {"quick": 0, "hung": 0}

    def quick(self, _settings: object) -> tuple[bool, str, None]:
        self.asked["quick"] += 1
        return True, "answers", None

    def hung(self, _settings: object) -> tuple[bool, str, None]:
        self.asked["hung"] += 1
        self.go_on.wait(20)
        return True, "answers", None


@pytest.fixture
def systems(monkeypatch: pytest.MonkeyPatch) -> Iterator[Systems]:
    """What is asked in these tests, with a short deadline and nothing kept."""
    made = Systems()
    monkeypatch.setattr(checks, "QUESTIONS", {"hung": made.hung, "quick": made.quick})
    monkeypatch.setattr(checks, "DEADLINE_S", 0.2)
    monkeypatch.setattr(checks, "CACHED_S", 0.0)
    yield made
    made.go_on.set()


def test_a_system_that_hangs_for_long_takes_no_thread_from_the_others(app: Flask, systems: Systems) -> None:
    asked = Checks(app)
    for _ in range(6):
        found = asked.newest()
        assert (found["quick"].is_healthy, found["hung"].is_healthy) == (True, False)
    assert systems.asked == {"quick": 6, "hung": 1}
    systems.go_on.set()
    assert asked.newest()["hung"].is_healthy


def test_everybody_takes_the_answer_of_the_one_who_asks(
    app: Flask, systems: Systems, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, begun = Checks(app), time.monotonic()
    with ThreadPoolExecutor(8) as crowd:
        found = [one.result() for one in [crowd.submit(asked.newest) for _ in range(8)]]
    assert systems.asked["hung"] == 1
    assert systems.asked["quick"] <= 2, "who came as the first round ended may have begun another"
    assert len(found) == 8
    assert time.monotonic() - begun < 2, "one after the other they would wait for as many deadlines"


def test_a_request_without_time_gets_what_was_known(
    app: Flask, systems: Systems, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "DEADLINE_S", 2.0)
    asked = Checks(app)
    with app.test_request_context():
        pulse.begin_request(time.monotonic())
        begun = time.monotonic()
        assert {one.detail for one in asked.newest().values()} == {"not known yet"}
        assert time.monotonic() - begun < 1
        systems.go_on.set()
        while asked.newest()["hung"].detail != "answers":
            assert time.monotonic() - begun < 5
        systems.go_on.clear()
        found = asked.newest()
    assert (found["quick"].is_healthy, found["quick"].detail) == (True, "answers (0 s ago)")
