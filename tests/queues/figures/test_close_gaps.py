"""The newest minutes are folded first; what the relay missed is named as a gap and closed bit by bit."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from flask import Flask

from app.core import clock
from app.core.installation import installation
from app.queues.figures import fold, gaps, samples, totals
from tests.queues.figures.conftest import Ledger
from tests.world import Person

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture(autouse=True)
def no_gaps(ledger: Ledger) -> Iterator[None]:
    """Gaps belong to the installation: each test has its own and leaves none."""
    ledger.world.sql.execute("DELETE FROM figure_gaps")
    yield
    ledger.world.sql.execute("DELETE FROM figure_gaps")


def test_the_newest_minutes_come_first_and_the_gap_is_named(app: Flask, ada: Person, ledger: Ledger) -> None:
    now = fold.minute_of(clock.now())
    old, new = now - timedelta(days=20, minutes=17), now - 2 * MINUTE
    for at in (old, new):
        ledger.end(ada, ended_at=at)
    with app.app_context():
        gaps.fold_recent(now - timedelta(days=30))
        assert done(ledger, ada) == [new]
        assert gaps.folded_until() == now - timedelta(days=30) - fold.AGAIN
        reached = gaps.folded_until()
        while not gaps.catch_up(0.2):
            assert reached < gaps.folded_until() < now
            reached = gaps.folded_until()
        assert done(ledger, ada) == [old, new]
        with installation():
            assert not gaps.open_gaps()
    assert fold.hour_of(old) in [row["at"] for row in ledger.minutes(ada.company_id, "job_hours")]


def test_a_gap_is_closed_by_whoever_leads_next(app: Flask, ada: Person, ledger: Ledger) -> None:
    now = fold.minute_of(clock.now())
    ended = [now - timedelta(minutes=ago) for ago in (200, 90, 30)]
    for at in ended:
        ledger.end(ada, ended_at=at)
    with app.app_context():
        gaps.fold_recent(now - 4 * HOUR)
        assert not gaps.catch_up(-1.0)  # it is stopped before it begins
    with app.app_context():
        gaps.fold_recent(now - MINUTE)  # the next relay finds new looks
        assert gaps.catch_up(60)
    assert done(ledger, ada) == ended


def test_gaps_that_overlap_become_one(app: Flask, ada: Person, ledger: Ledger) -> None:
    now = fold.minute_of(clock.now())
    ledger.end(ada, ended_at=now - 3 * HOUR)
    with app.app_context():
        for minutes in (0, 7, 3):
            gaps.fold_recent(now - 5 * HOUR + timedelta(minutes=minutes))
        assert gaps.catch_up(60)
    assert done(ledger, ada) == [now - 3 * HOUR]


def test_totals_wait_for_what_is_not_folded(app: Flask, ada: Person, ledger: Ledger) -> None:
    now, name = fold.minute_of(clock.now()), f"gap.{ada.company_id}"
    ledger.world.sql.execute("DELETE FROM job_totals")
    ledger.end(ada, ended_at=now - 6 * HOUR, name=name)
    with app.app_context():
        gaps.fold_recent(now - 8 * HOUR)
        samples.take_samples()
        totals.keep_totals()
        assert gaps.catch_up(60)
        totals.keep_totals()
    row = ledger.world.sql.execute("SELECT sum(done) AS done FROM job_totals WHERE name = %s", (name,)).fetchone()
    assert row["done"] == 1


def test_a_full_minute_makes_the_steps_smaller_and_empty_ones_larger() -> None:
    pace = fold.Pace()
    pace.note(1.0)
    assert pace.step == MINUTE
    for _ in range(8):
        pace.note(0.01)
    assert pace.step == HOUR


def done(ledger: Ledger, whose: Person) -> list[datetime]:
    return [row["at"] for row in ledger.minutes(whose.company_id) if row["done"]]
