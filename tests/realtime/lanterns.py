"""A small feature of the tests' own: facts about lanterns, with a row that can be pushed."""

import sqlalchemy as sa
from flask import Flask

from app.core import live
from app.core.db import db, transaction
from app.core.live import Row
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


def render_rows(row_ids: list[str]) -> list[Row]:
    """Render lanterns from their newest fact; lantern 13 is always gone."""
    rows = db.session.execute(
        sa.text(
            "SELECT DISTINCT ON (row_id) row_id, row_version FROM event_log WHERE topic = 'lanterns' "
            "AND row_id = ANY(:ids) ORDER BY row_id, seq DESC"
        ),
        {"ids": row_ids},
    ).all()
    return [
        Row(f"lantern-{i}", v, f'<tr id="lantern-{i}" data-v="{v}"><td>{v}</td></tr>') for i, v in rows if i != "13"
    ]


def init_lanterns(app: Flask) -> None:
    """Make lanterns readable to whoever may read orders, with rows that can be pushed."""
    live.topic("lanterns", permission="orders:read", rows=render_rows)
