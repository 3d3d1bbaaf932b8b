"""What was missed is read a page of each company in turn, so that a thousand of one do not keep the one of another."""

import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask

from app.core import live_hub
from app.core.db import transaction
from app.core.events_log import Logged
from app.core.live_hub import Hub
from app.core.outbox import record
from app.realtime import sockets
from tests.realtime.lanterns import LanternLit, light
from tests.world import Person


@pytest.fixture
def heard(app: Flask, ada: Person, cleo: Person, pump: Callable[[], int]) -> tuple[Hub, list[Logged]]:
    """A hub that knows nothing of fifty facts of one company and one of another, and what it passes on."""
    with ada.acting(), transaction():
        for step in range(1, 51):
            record(LanternLit(number=step, step=step), version=step)
    light(cleo, 1, step=77)
    pump()
    hub, passed = Hub(app), list[Logged]()
    hub.outlets.append(passed.append)
    hub._positions = {(ada.company_id, "lanterns"): 0, (cleo.company_id, "lanterns"): 0}
    return hub, passed


def test_each_topic_gets_a_page_in_turn(
    heard: tuple[Hub, list[Logged]], ada: Person, cleo: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_hub, "PAGE", 10)
    hub, passed = heard
    hub.catch_up(hub.listened())
    assert [fact.seq for fact in passed if fact.company_id == ada.company_id] == list(range(1, 51))
    assert cleo.company_id in {fact.company_id for fact in passed[:11]}


def test_who_reads_the_tail_leaves_a_gap_to_the_other_thread(heard: tuple[Hub, list[Logged]], ada: Person) -> None:
    hub, passed = heard
    late = Logged(ada.company_id, "lanterns", 50, "lantern.lit", "E", "1", 50, None, {"data": {}})
    hub.take([late])
    assert not passed, "it did not read the log itself"
    assert hub._poll_now.is_set(), "it asked for it"
    hub.catch_up(hub.listened())
    hub.take([late])
    assert [fact.seq for fact in passed if fact.company_id == ada.company_id] == list(range(1, 51)), "each once"


def test_somebody_ahead_of_this_process_hears_nothing_twice(
    app: Flask, heard: tuple[Hub, list[Logged]], ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub, _ = heard
    ours: sockets.Sockets = app.extensions[sockets.SOCKETS]
    key, said = (ada.company_id, "lanterns"), list[int]()
    hub._positions[key] = 20  # another process was ten facts ahead when the client left it
    monkeypatch.setattr(sockets, "switchboard_of", lambda _: SimpleNamespace(hub=hub))
    monkeypatch.setattr(ours.server, "emit", lambda name, event, to: said.append(event["seq"]))
    monkeypatch.setattr(ours.server, "enter_room", lambda *_: hub.outlets.append(lambda fact: said.append(fact.seq)))
    member: Any = SimpleNamespace(kind="script", who=SimpleNamespace(user_id=1, role="staff"))
    follows = threading.Thread(target=ours._catch_up, args=("sid", member, key, 30), daemon=True)
    follows.start()
    hub.catch_up([key])
    follows.join(30)
    assert not follows.is_alive()
    assert said == list(range(31, 51))


def test_a_position_beyond_the_log_is_not_believed(heard: tuple[Hub, list[Logged]], ada: Person) -> None:
    hub, _ = heard
    assert hub.head_for((ada.company_id, "lanterns"), 70) == 50
