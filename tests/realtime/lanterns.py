"""A small feature of the tests' own: facts about lanterns, with a row that can be pushed."""

from app.core.db import transaction
from app.core.outbox import Fact, record
from tests.world import Person


class LanternLit(Fact, type="lantern.lit", topic="lanterns", row="number"):
    """A lantern was lit."""

    number: int
    step: int


class LanternNoted(Fact, type="lantern.noted", topic="lanterns", private=True):
    """A note about lanterns for one person."""

    user_id: int
    text: str


def light(person: Person, number: int, step: int = 1) -> None:
    """Light a lantern as somebody; the version of its row is the step."""
    with person.acting(), transaction():
        record(LanternLit(number=number, step=step), version=step)
