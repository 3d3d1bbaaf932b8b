"""What was missed is read a page of each company in turn, so that a thousand of one do not keep the one of another."""

from collections.abc import Callable

import pytest
from flask import Flask

from app.core import live_hub
from app.core.db import transaction
from app.core.events_log import Logged
from app.core.live_hub import Hub
from app.core.outbox import record
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
