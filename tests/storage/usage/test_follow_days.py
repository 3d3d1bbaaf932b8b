"""Days behind us, growth, and when a quota will be full; said honestly."""

from datetime import date, timedelta

import pytest

from app.core import clock
from app.core.tenancy import acting_for
from app.storage.usage import days
from app.storage.usage.days import Line, fill, outlook
from app.storage.usage.fold import fold
from app.storage.usage.months import month_of_providers
from tests.storage.usage.shelf import put
from tests.world import Person, World

START, TODAY = date(2026, 10, 23), date(2026, 11, 22)


def test_days_without_change_are_as_the_day_before() -> None:
    """Before the first day there is nothing."""
    known = {date(2026, 11, 1): 10, date(2026, 11, 20): 30}
    points = fill(known, START, TODAY, 35)
    assert points == (10,) * 19 + (30, 30, 35)
    assert fill({date(2026, 1, 1): 7}, START, TODAY, 7) == (7,) * 31
    assert fill({}, START, TODAY, 5) == (5,)
    assert fill({}, START, TODAY, None) == ()


@pytest.mark.parametrize(
    ("points", "used", "hard", "words"),
    [
        (tuple(range(0, 310, 10)), 300, 420, "in 12 days"),
        (tuple(range(0, 310, 10)), 300, 300, "full now"),
        (tuple(range(0, 310, 10)), 300, None, "no quota"),
        (tuple(range(0, 310, 10)), 300, 301, "in 1 day"),
        (tuple(range(0, 310, 10)), 300, 300 + 1800, "in 6 months"),
        (tuple(range(0, 310, 10)), 300, 300 + 7305, "in 2 years"),
        (tuple(range(0, 310, 10)), 300, 10**6, "not in sight"),
        ((5,) * 31, 5, 10, "not in sight"),
        (tuple(range(310, 0, -10)), 10, 400, "not in sight"),
        ((0, 10, 20, 30, 40, 50, 60), 60, 100, "too few days"),
        ((7,), 7, 100, "too few days"),
    ],
)
def test_when_a_quota_is_full(points: tuple[int, ...], used: int, hard: int | None, words: str) -> None:
    """Nothing is said that the days do not show."""
    assert outlook(Line(points), used, hard).words == words


def test_a_week_is_the_difference_to_seven_days_ago() -> None:
    """What was not there yet was nothing."""
    assert Line((10, 10, 10, 11, 12, 13, 14, 15, 20)).week == 10
    assert Line((5, 9)).week == 9
    assert Line(()).week == 0


def test_one_large_day_bends_the_line_and_does_not_decide_it() -> None:
    """Least squares, not the last step."""
    assert Line((0,) * 30 + (1000,)).slope < 1000 / 31 * 3


def test_the_fold_writes_the_day(world: World, ada: Person) -> None:
    """With all that counts in one row, and what is stored by category and provider."""
    put(world.sql, ada.company_id, 100)
    put(world.sql, ada.company_id, 30, state="pending")
    with ada.app.app_context():
        fold()
    put(world.sql, ada.company_id, 7, state="trashed")
    with ada.app.app_context():
        fold()
    rows = world.sql.execute(
        "SELECT category, provider, bytes::int, files FROM storage_days WHERE company_id = %s ORDER BY 1",
        (ada.company_id,),
    ).fetchall()
    assert [tuple(row.values()) for row in rows] == [("", "", 137, 3), ("documents", "local", 107, 2)]


def test_lines_and_months_come_from_days_of_change(world: World, ada: Person) -> None:
    """Also from before the span that is looked at."""
    today = clock.now().date()
    for ago, size in ((90, 1000), (10, 3000)):
        for category, provider in (("", ""), ("documents", "s3")):
            world.sql.execute(
                "INSERT INTO storage_days (company_id, category, provider, day, bytes, writes, sent_bytes) VALUES (%s, %s, %s, %s, %s, 5, 50)",
                (ada.company_id, category, provider, today - timedelta(days=ago), size),
            )
    with ada.app.app_context(), acting_for(ada.company_id):
        line = days.lines({int(ada.company_id): 3500})[int(ada.company_id)]
        months = month_of_providers(int(ada.company_id), is_all=False, today=date(today.year, today.month, 28))
    assert line.points[:20] == (1000,) * 20
    assert line.points[20:] == (3000,) * 10 + (3500,)
    assert line.week == 500
    assert 1000 <= months["s3"].byte_months <= 3000
