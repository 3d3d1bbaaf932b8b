"""What the relay keeps in order beside its work."""

from datetime import timedelta

import pytest
from flask import Flask

from app.core import clock, upkeep
from app.core.events_log import read_oldest_waiting_s
from tests.realtime.lanterns import light
from tests.world import Person


def keep(app: Flask) -> None:
    upkeep._partitions_kept_on.clear()
    with app.app_context():
        upkeep.keep()


def test_partitions_stand_ready_for_the_next_days(app: Flask, ada: Person) -> None:
    keep(app)
    rows = ada.world.sql.execute(
        "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
        "WHERE i.inhparent = 'event_log'::regclass"
    ).fetchall()
    names = {row["relname"] for row in rows}
    for days in (1, 2, 3):
        day = ada.world.sql.execute("SELECT to_char(current_date + %s::int, 'YYYYMMDD') AS day", (days,)).fetchone()
        assert day is not None
        assert f"event_log_{day['day']}" in names


def test_keeping_order_twice_changes_nothing(app: Flask) -> None:
    keep(app)
    keep(app)


@pytest.mark.parametrize(("age", "is_kept"), [(timedelta(hours=47), True), (timedelta(hours=49), False)])
def test_idempotency_keys_are_forgotten_after_two_days(
    app: Flask, ada: Person, age: timedelta, *, is_kept: bool
) -> None:
    ada.world.sql.execute(
        "INSERT INTO idempotency_keys (company_id, principal, route, key, body_hash, status, headers, body, created_at) "
        "VALUES (%s, 'p', 'r', 'k', '', 201, '{}', '', %s)",
        (ada.company_id, clock.now() - age),
    )
    keep(app)
    found = ada.world.sql.execute("SELECT 1 FROM idempotency_keys WHERE company_id = %s", (ada.company_id,)).fetchall()
    assert bool(found) is is_kept


def test_the_lag_is_the_age_of_the_oldest_waiting_fact(app: Flask, ada: Person) -> None:
    light(ada, 1)
    with app.app_context():
        assert read_oldest_waiting_s() >= 0.0
