"""Facts get their place: without a gap, once, in the order of each row, however the writers interleave."""

import random
import threading
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from flask import Flask

from app.core import relay
from app.core.context import acting_as
from app.core.db import db, transaction
from app.core.outbox import record
from app.core.tenancy import acting_for
from tests.realtime.lanterns import LanternLit, light
from tests.world import Person, World

EVENTS, WRITERS, ROWS = 1000, 16, 20


def log_of(world: World, company_id: int) -> list[dict[str, Any]]:
    return world.sql.execute(
        "SELECT topic, seq, type, event_id, row_id, row_version, data FROM event_log WHERE company_id = %s ORDER BY topic, seq",
        (company_id,),
    ).fetchall()


def test_facts_are_numbered_from_one_for_each_company_and_topic(
    ada: Person, cleo: Person, pump: Callable[[], int]
) -> None:
    for number in (1, 2, 3):
        light(ada, number)
    light(cleo, 1)
    pump()
    assert [row["seq"] for row in log_of(ada.world, ada.company_id)] == [1, 2, 3]
    assert [row["seq"] for row in log_of(ada.world, cleo.company_id)] == [1]


def test_numbering_again_changes_nothing(ada: Person, pump: Callable[[], int]) -> None:
    light(ada, 1)
    pump()
    before = log_of(ada.world, ada.company_id)
    pump()
    assert log_of(ada.world, ada.company_id) == before


@pytest.fixture
def lantern_rows(superuser_url: str) -> Iterator[None]:
    """Rows to lock, gone afterwards: the catalogue tests know every table."""
    with psycopg.connect(superuser_url, autocommit=True) as sql:
        sql.execute("CREATE TABLE lantern_rows (number int PRIMARY KEY, step int NOT NULL)")
        sql.execute("GRANT SELECT, UPDATE ON lantern_rows TO qd_app")
        sql.execute("INSERT INTO lantern_rows SELECT n, 0 FROM generate_series(1, %s) n", (ROWS,))
        yield
        sql.execute("DROP TABLE lantern_rows")


@pytest.mark.usefixtures("lantern_rows")
def test_sixteen_writers_lose_nothing_and_keep_each_rows_order(app: Flask, ada: Person) -> None:
    """Random transaction lengths, the relay numbering beside them."""
    ended = threading.Event()
    numbering = threading.Thread(target=_number_until, args=(app, ended))
    numbering.start()
    writers = [threading.Thread(target=_write, args=(app, ada, seed, EVENTS // WRITERS)) for seed in range(WRITERS)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    ended.set()
    numbering.join()
    relay.pump(app)
    rows = log_of(ada.world, ada.company_id)
    expected = EVENTS // WRITERS * WRITERS
    assert [row["seq"] for row in rows] == list(range(1, expected + 1)), "a gap, a loss or a duplicate"
    assert len({row["event_id"] for row in rows}) == expected
    for number in range(1, ROWS + 1):
        steps = [row["row_version"] for row in rows if row["row_id"] == str(number)]
        assert steps == sorted(steps), "an inversion"


def _number_until(app: Flask, ended: threading.Event) -> None:
    while not ended.is_set():
        relay.pump(app)
        ended.wait(0.005)


def _write(app: Flask, person: Person, seed: int, events: int) -> None:
    dice = random.Random(seed)
    pause = threading.Event()
    with app.app_context(), acting_for(person.company_id), acting_as({"kind": "user", "name": "Writer"}):
        for _ in range(events):
            number = dice.randint(1, ROWS)
            with transaction() as session:
                pause.wait(dice.random() * 0.004)
                step = (
                    session.connection()
                    .exec_driver_sql(
                        "UPDATE lantern_rows SET step = step + 1 WHERE number = %s RETURNING step", (number,)
                    )
                    .scalar_one()
                )
                record(LanternLit(number=number, step=step), version=step)
                pause.wait(dice.random() * 0.004)
        db.session.remove()
