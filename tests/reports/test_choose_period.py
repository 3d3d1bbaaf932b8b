"""Periods: presets and days in the company's zone, across changes of the clock."""

from datetime import UTC, date, datetime

import pytest

from app.reports.figures.buckets import bars
from app.reports.periods import PeriodBackwards, Preset, day_period, preset_period

NOW = datetime(2026, 3, 30, 23, 30, tzinfo=UTC)  # in London it is the 31st by now, for summer time began on the 29th


@pytest.mark.parametrize(("preset", "words"), [
    (Preset.TODAY, "31 Mar 2026"), (Preset.YESTERDAY, "30 Mar 2026"), (Preset.LAST_7_DAYS, "25 Mar 2026 to 31 Mar 2026"),
    (Preset.THIS_MONTH, "1 Mar 2026 to 31 Mar 2026"), (Preset.LAST_MONTH, "1 Feb 2026 to 28 Feb 2026"),
    (Preset.THIS_YEAR, "1 Jan 2026 to 31 Mar 2026"), (Preset.LAST_HOUR, "30 Mar 2026, 23:00 to 00:00"),
])  # fmt: skip
def test_presets_follow_the_zone(preset: Preset, words: str) -> None:
    found = preset_period(preset, "Europe/London", NOW)
    assert found.words == words.replace("30 Mar 2026, 23:00", "30 Mar 2026, 23:00")
    assert found.since < found.until


def test_a_day_of_the_change_has_23_hours() -> None:
    found = day_period(date(2026, 3, 29), date(2026, 3, 29), "Europe/London")
    assert (found.until - found.since).total_seconds() == 23 * 3600


def test_backwards_is_refused() -> None:
    with pytest.raises(PeriodBackwards):
        day_period(date(2026, 3, 2), date(2026, 3, 1), "UTC")


def test_every_step_of_the_period_is_there() -> None:
    month = day_period(date(2026, 2, 1), date(2026, 2, 28), "Europe/London")
    assert len(bars({}, month)[0]) == 28
    year = day_period(date(2025, 11, 5), date(2026, 2, 3), "Europe/London")
    assert bars({}, year)[0] == ["Nov 2025", "Dec 2025", "Jan 2026", "Feb 2026"]
