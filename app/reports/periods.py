"""Periods of reports: presets and days, as instants in the company's time zone."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from app.core.errors import Problem
from app.core.present import zone_info

MOST_DAYS = 3660


class PeriodBackwards(Problem, code="period-backwards", status=422):
    """The period ends before it begins. Give a last day that is not before the first."""


class PeriodTooLong(Problem, code="period-too-long", status=422):
    """The period is longer than ten years. Ask for a shorter one, or for several."""


class Preset(StrEnum):
    """Periods that move with today."""

    LAST_HOUR = "last-hour"
    TODAY = "today"
    YESTERDAY = "yesterday"
    LAST_7_DAYS = "last-7-days"
    LAST_30_DAYS = "last-30-days"
    THIS_MONTH = "this-month"
    LAST_MONTH = "last-month"
    THIS_YEAR = "this-year"

    @property
    def label(self) -> str:
        """In words."""
        return self.value.replace("-", " ").capitalize()


@dataclass(frozen=True)
class Period:
    """From the first instant to just before the last.

    Attributes:
        words: What people read.
        zone: Where its days begin.
    """

    since: datetime
    until: datetime
    words: str
    zone: str

    @property
    def days(self) -> int:
        """How many days it touches, about."""
        return max((self.until - self.since).days, 1)


def preset_period(preset: Preset, zone: str, now: datetime) -> Period:
    """Return a preset as it is now. Days, months and hours are those of the zone."""
    if preset is Preset.LAST_HOUR:
        return last_hour(zone, now)
    today = now.astimezone(zone_info(zone)).date()
    first, last = DAYS[preset](today)
    return day_period(first, last, zone)


def last_hour(zone: str, now: datetime) -> Period:
    """Return the last whole hour of the clock."""
    until = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    since = until - timedelta(hours=1)
    start, end = since.astimezone(zone_info(zone)), until.astimezone(zone_info(zone))
    return Period(since, until, f"{spell(start.date())}, {start:%H:%M} to {end:%H:%M}", zone)


def day_period(first: date, last: date, zone: str) -> Period:
    """Return whole days of a zone, the last one too.

    Raises:
        PeriodBackwards: The last is before the first.
        PeriodTooLong: It is longer than ten years.
    """
    if last < first:
        raise PeriodBackwards
    if (last - first).days > MOST_DAYS:
        raise PeriodTooLong
    words = spell(first) if first == last else f"{spell(first)} to {spell(last)}"
    place = zone_info(zone)
    return Period(midnight(first, place), midnight(last + timedelta(days=1), place), words, zone)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return when a day begins."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def spell(day: date) -> str:
    """1 Nov 2026."""
    return f"{day.day} {day:%b %Y}"


def _last_month(today: date) -> tuple[date, date]:
    last = today.replace(day=1) - timedelta(days=1)
    return last.replace(day=1), last


DAYS: dict[Preset, Callable[[date], tuple[date, date]]] = {
    Preset.TODAY: lambda today: (today, today),
    Preset.YESTERDAY: lambda today: (today - timedelta(days=1), today - timedelta(days=1)),
    Preset.LAST_7_DAYS: lambda today: (today - timedelta(days=6), today),
    Preset.LAST_30_DAYS: lambda today: (today - timedelta(days=29), today),
    Preset.THIS_MONTH: lambda today: (today.replace(day=1), today),
    Preset.LAST_MONTH: _last_month,
    Preset.THIS_YEAR: lambda today: (today.replace(month=1, day=1), today),
}
