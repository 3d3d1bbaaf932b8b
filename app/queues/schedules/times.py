"""Cron lines: when they are due, in a time zone, and how people say them.

Five fields, as Debian's cron reads them. Through summer time: what runs at a fixed hour runs once a day, at the
next minute there is when the clock jumps over its own, and the first time when an hour comes twice; what runs
every so many minutes or hours goes on as time does.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

FIELDS, LONGEST = 5, 100
BETWEEN_LOOKS = 5000
DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")


class BadCron(ValueError):
    """A cron line that cannot be read; the message says why."""


class BadZone(ValueError):
    """A name that is no time zone."""


def read_zone(name: str) -> ZoneInfo:
    """Return a time zone.

    Raises:
        BadZone: There is none of that name.
    """
    try:
        if name == "localtime":  # the zone of whatever machine reads it
            raise ValueError(name)
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadZone("Write a time zone as Europe/London.") from None


def next_time(cron: str, timezone: str, after: datetime) -> datetime:
    """Return the first instant after another at which a cron line is due, in UTC.

    Raises:
        BadCron: It cannot be read, or is never due.
        BadZone: There is no such time zone.
    """
    return next(times_after(cron, timezone, after))


def next_times(cron: str, timezone: str, after: datetime, count: int = 5) -> list[datetime]:
    """Return the next instants, oldest first. Raises as `next_time`."""
    return list(islice(times_after(cron, timezone, after), count))


def times_after(cron: str, timezone: str, after: datetime) -> Iterator[datetime]:
    """Yield every instant after another. Raises as `next_time`."""
    fields = cron.split()
    if len(fields) != FIELDS or len(cron) > LONGEST:
        raise BadCron("Write five fields: minute, hour, day of the month, month, day of the week.")
    found = after
    try:
        for at in CronSim(cron, after.astimezone(read_zone(timezone))):
            due = at.astimezone(UTC)
            # In the hour that comes twice the parser counts by the clock on the wall and may go back.
            if due > found:
                found = due
                yield due
    except CronSimError as error:
        raise BadCron(f"This cannot be read: {str(error)[:1].lower()}{str(error)[1:]}.") from None
    raise BadCron("This is never due: there is no such day.")


def count_between(cron: str, timezone: str, after: datetime, until: datetime) -> int:
    """Return how often a cron line was due after one instant and up to another; at most 5,000."""
    count = 0
    for at in islice(times_after(cron, timezone, after), BETWEEN_LOOKS):
        if at > until:
            break
        count += 1
    return count


def last_before(cron: str, timezone: str, due: datetime, until: datetime) -> datetime:
    """Return the newest instant up to `until`, which is `due` itself when none came after it."""
    newest = due
    for at in islice(times_after(cron, timezone, due), BETWEEN_LOOKS):
        if at > until:
            break
        newest = at
    return newest


def in_words(cron: str) -> str:
    """Return a cron line as people say it: `Every day at 02:00`. One that cannot be read is returned as it is."""
    fields = cron.upper().split()
    if len(fields) != FIELDS:
        return cron
    said = _common(*fields) or _either_day(*fields)
    if said is None:
        try:
            said = str(CronSim(cron, datetime(2000, 1, 1, tzinfo=UTC)).explain())
        except (CronSimError, ValueError):
            return cron
    return said


def _common(minute: str, hour: str, day: str, month: str, weekday: str) -> str | None:
    """Return the words of what is written most; None for the rest."""
    if (day, month) != ("*", "*"):
        return None
    if weekday == "*" and hour == "*":
        return _within_hour(minute)
    if weekday == "*" and minute.isdecimal() and hour.startswith("*/") and hour[2:].isdecimal():
        return (
            f"Every {hour[2:]} hours" + ("" if minute == "0" else f", {int(minute)} min past")
            if 24 % int(hour[2:] or 1) == 0 and int(hour[2:]) > 1
            else None
        )
    if not (minute.isdecimal() and hour.isdecimal()):
        return None
    days = _days(weekday)
    return None if days is None else f"{days} at {int(hour):02}:{int(minute):02}"


def _either_day(minute: str, hour: str, day: str, month: str, weekday: str) -> str | None:
    """Return the words when both days are given: cron is due on either. None for the rest."""
    if "*" in {day[:1], weekday[:1]} or month != "*" or not all(one.isdecimal() for one in (minute, hour, day)):
        return None
    days = _days(weekday)
    if days is None:
        return None
    last = "th" if 10 < int(day) < 14 else {1: "st", 2: "nd", 3: "rd"}.get(int(day) % 10, "th")  # noqa: PLR2004
    on = "a weekday" if days == "Every weekday" else days.removeprefix("Every ")
    return f"At {int(hour):02}:{int(minute):02} on the {int(day)}{last} of the month or on {on}"


def _within_hour(minute: str) -> str | None:
    if minute == "*":
        return "Every minute"
    if minute == "0":
        return "Every hour"
    if minute.isdecimal():
        return f"Every hour, {int(minute)} min past"
    step = minute.removeprefix("*/")
    if step != minute and step.isdecimal() and int(step) > 1 and 60 % int(step) == 0:
        return f"Every {int(step)} minutes"
    return None


def _days(weekday: str) -> str | None:
    if weekday == "*":
        return "Every day"
    if weekday in {"1-5", "MON-FRI"}:
        return "Every weekday"
    short = {name[:3].upper(): name for name in DAYS}
    if weekday in short:
        return f"Every {short[weekday]}"
    return f"Every {DAYS[int(weekday) % 7]}" if weekday in set("01234567") else None
