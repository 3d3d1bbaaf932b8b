"""Plans: what is refused and why, and when a step is due."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from app.flags.rollouts.plan import Plan, Step, due_at, instant_of


def refused(**plan: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        Plan.model_validate({"steps": [{"percentage": 10}], **plan})
    return str(caught.value)


def test_mistakes_are_named() -> None:
    assert "less than or equal to 100" in refused(steps=[{"percentage": 101}])
    assert "more than three decimals" in refused(steps=[{"percentage": 0.0001}])
    assert "changes nothing" in refused(steps=[{"afterS": 5}])
    assert "two times" in refused(steps=[{"percentage": 1, "afterS": 5, "at": "2026-11-23T09:00"}])
    assert "no zone name" in refused(timezone="Mars/Olympus")
    assert "not in the order" in refused(
        steps=[{"percentage": 1, "at": "2026-11-23T09:00"}, {"percentage": 2, "at": "2026-11-23T08:00"}]
    )
    assert "needs a name" in refused(guards=[{"kind": "breaker", "limit": 5}])
    assert "at most 100" in refused(guards=[{"kind": "requests", "limit": 101}])
    assert "at most 20" in refused(steps=[{"percentage": 1}] * 21)


def test_shares_are_whole_steps_of_the_draw() -> None:
    assert Step(percentage=0.001).share == 1
    assert Step(percentage=12.5).share == 12_500
    assert Step(percentage=99.999).share == 99_999


def test_local_times_follow_the_zone_through_both_changes_of_the_clock() -> None:
    summer, winter = datetime.fromisoformat("2026-07-01T09:00"), datetime.fromisoformat("2026-12-01T09:00")
    assert instant_of(summer, "Europe/London") == datetime(2026, 7, 1, 8, tzinfo=UTC)
    assert instant_of(winter, "Europe/London") == datetime(2026, 12, 1, 9, tzinfo=UTC)
    skipped, twice = datetime.fromisoformat("2026-03-29T01:30"), datetime.fromisoformat("2026-10-25T01:30")
    assert instant_of(skipped, "Europe/London") == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert instant_of(twice, "Europe/London") == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_a_step_is_due_at_its_time_or_so_long_after_the_one_before() -> None:
    since = datetime(2026, 11, 22, 9, tzinfo=UTC)
    steps = [{"percentage": 10}, {"percentage": 25, "afterS": 3600}, {"percentage": 50, "at": "2026-11-23T09:00"}]
    assert due_at(steps, 0, "UTC", since) == since
    assert due_at(steps, 1, "UTC", since) == since + timedelta(hours=1)
    assert due_at(steps, 2, "UTC", since) == datetime(2026, 11, 23, 9, tzinfo=UTC)
    assert due_at(steps, 2, "UTC", datetime(2026, 11, 24, tzinfo=UTC)) == datetime(2026, 11, 24, tzinfo=UTC)
    assert due_at(steps, 3, "UTC", since) is None
