"""Nobody waits behind another company's flood: the batches of the relay are shared."""

from collections.abc import Iterator

import pytest
from flask import Flask

from app.core import relay, sequencer
from app.core.db import transaction
from app.core.events_log import Logged
from app.core.outbox import record
from app.core.sequencer import Sequencer, crowd_of
from tests.realtime.lanterns import LanternLit, light
from tests.world import Person


@pytest.fixture
def leader(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sequencer]:
    """What the leading relay numbers with, an empty outbox, and small batches."""
    relay.pump(app)
    monkeypatch.setattr(sequencer, "BATCH", 50)
    monkeypatch.setattr(sequencer, "CROWD", 20)
    with app.app_context(), relay.system_connection() as connection:
        yield Sequencer(connection)


def flood(person: Person, facts: int) -> None:
    with person.acting(), transaction():
        for step in range(facts):
            record(LanternLit(number=step % 12, step=step), version=step)


def steps_of(facts: list[Logged], person: Person) -> list[int]:
    return [fact.event["data"]["step"] for fact in facts if fact.key == (person.company_id, "lanterns")]


def test_who_comes_after_a_flood_is_in_the_next_batch(leader: Sequencer, ada: Person, cleo: Person) -> None:
    flood(ada, 300)
    leader.number()
    assert leader.crowd == [ada.company_id]
    light(cleo, 1, step=77)
    second = leader.number()
    assert steps_of(second, cleo) == [77]
    assert len(steps_of(second, ada)) == 20, "and the crowd goes on, with a part of the batch"


def test_the_first_fact_of_each_company_is_told_before_the_second_of_any(
    leader: Sequencer, ada: Person, cleo: Person
) -> None:
    flood(ada, 30)
    light(cleo, 1, step=77)
    told = [fact for fact in leader.number() if fact.topic == "lanterns"]
    assert 77 in [fact.event["data"]["step"] for fact in told[:2]]


def test_a_flood_keeps_its_own_order_to_the_end(leader: Sequencer, ada: Person, cleo: Person) -> None:
    flood(ada, 130)
    told, batches = [], 0
    while facts := leader.number():
        told += facts
        batches += 1
        light(cleo, 1, step=batches) if batches < 4 else None
    assert steps_of(told, ada) == list(range(130))
    seqs = [fact.seq for fact in told if fact.key == (ada.company_id, "lanterns")]
    assert seqs == list(range(1, 131))
    assert steps_of(told, cleo) == [1, 2, 3]
    assert leader.crowd == crowd_of([], leader.crowd) == [], "there is no crowd when nothing waits"
