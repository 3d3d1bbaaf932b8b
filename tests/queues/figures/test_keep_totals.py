"""Counters only grow, whatever is folded again and whatever is forgotten."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask

from app.core import clock
from app.core.ids import new_ulid
from app.core.installation import installation
from app.core.tenancy import system_work
from app.queues.figures import fold, totals
from app.queues.figures.sums import Sum
from tests.meanwhile import meanwhile
from tests.queues.figures.conftest import Ledger
from tests.world import Person

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def from_the_beginning(ledger: Ledger) -> None:
    """Nothing is in the totals yet: what is old by their measure is never added."""
    ledger.world.sql.execute("DELETE FROM job_totals")


def read(app: Flask, name: str) -> Sum:
    app.extensions.pop(totals.EXTENSION, None)  # another process's scrape, which knows nothing of the one before
    with app.app_context(), installation():
        return sum((one for whose, one in totals.totals().items() if whose.name == name), Sum())


def test_what_is_added_to_the_totals_is_counted_once(
    app: Flask, ada: Person, ledger: Ledger, fold_minutes: Callable[[datetime, datetime], None]
) -> None:
    name, hour = f"grown.{new_ulid()}", fold.hour_of(clock.now()) - 2 * HOUR
    for minute in (5, 50, 70, 110):
        ledger.end(ada, ended_at=hour + timedelta(minutes=minute), name=name, waited_ms=100 * minute)
    fold_minutes(hour, hour + 2 * HOUR)
    before = read(app, name)
    for until in (hour + HOUR, hour + HOUR, hour + 2 * HOUR):
        with app.app_context():
            totals.add_hours(until)
    after = read(app, name)
    assert (before.done, after.done, after.waits, after.waited_ms) == (4, 4, before.waits, before.waited_ms)


def test_each_scrape_goes_on_from_the_one_before(
    app: Flask, ada: Person, ledger: Ledger, fold_minutes: Callable[[datetime, datetime], None]
) -> None:
    name, now = f"grown.{new_ulid()}", fold.minute_of(clock.now())
    ledger.world.sql.execute("DELETE FROM figure_gaps")
    seen = []
    app.extensions.pop(totals.EXTENSION, None)
    for ago in (40, 9, 1):
        at = now - timedelta(minutes=ago)
        ledger.end(ada, ended_at=at, name=name)
        fold_minutes(at, at + timedelta(minutes=1))
        with app.app_context(), installation():
            seen.append(sum(one.done for whose, one in totals.totals().items() if whose.name == name))
    assert seen == [1, 2, 3]
    assert seen[-1] == read(app, name).done


def test_totals_outlive_the_minutes_they_were_made_of(
    app: Flask, ada: Person, ledger: Ledger, fold_minutes: Callable[[datetime, datetime], None]
) -> None:
    name, at = f"grown.{new_ulid()}", fold.hour_of(clock.now()) - 5 * HOUR
    ledger.end(ada, ended_at=at, name=name)
    fold_minutes(at, at + HOUR)
    with app.app_context():
        totals.add_hours(fold.hour_of(clock.now()))
        with system_work():
            totals._forget(totals.WorkerMinute, totals.WorkerMinute.at, clock.now())
    assert read(app, name).done == 1


def test_old_sums_are_forgotten_and_new_ones_kept(
    app: Flask, ada: Person, ledger: Ledger, fold_minutes: Callable[[datetime, datetime], None]
) -> None:
    old, new = fold.minute_of(clock.now() - timedelta(days=4)), fold.minute_of(clock.now() - HOUR)
    for at in (old, new):
        ledger.end(ada, ended_at=at)
        fold_minutes(at, at + timedelta(minutes=1))
    with app.app_context():
        totals.forget_old()
    assert [row["at"] for row in ledger.minutes(ada.company_id) if row["done"]] == [new]
    assert [row["at"] for row in ledger.minutes(ada.company_id, "job_hours") if row["done"]] == [
        fold.hour_of(old), *({fold.hour_of(new)} - {fold.hour_of(clock.now())}),
    ]  # fmt: skip


def test_an_hour_that_is_added_while_somebody_reads_is_counted_once(
    app: Flask, ada: Person, ledger: Ledger, fold_minutes: Callable[[datetime, datetime], None]
) -> None:
    name, hour = f"added.{new_ulid()}", fold.hour_of(clock.now()) - 2 * HOUR
    ledger.end(ada, ended_at=hour + timedelta(minutes=5), name=name)
    fold_minutes(hour, hour + 2 * HOUR)

    def add() -> None:
        with app.app_context():
            totals.add_hours(hour + HOUR)

    with meanwhile(add):
        assert read(app, name).done == 1
    assert read(app, name).done == 1
