"""Cron lines: when they are due, through both ends of summer time, and in words."""

from datetime import UTC, datetime

import pytest

from app.queues.schedules.times import BadCron, BadZone, in_words, last_before, next_time, next_times

LONDON = "Europe/London"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_fixed_hour_follows_the_clock_on_the_wall() -> None:
    assert next_time("0 2 * * *", LONDON, at("2026-07-01 12:00")) == at("2026-07-02 01:00")
    assert next_time("0 2 * * *", LONDON, at("2026-12-01 12:00")) == at("2026-12-02 02:00")


def test_an_hour_that_summer_time_takes_away_is_made_good_at_its_end() -> None:
    found = next_times("30 1 * * *", LONDON, at("2026-03-28 12:00"), 3)
    assert found == [at("2026-03-29 01:00"), at("2026-03-30 00:30"), at("2026-03-31 00:30")]


def test_an_hour_that_comes_twice_is_used_once() -> None:
    found = next_times("30 1 * * *", LONDON, at("2026-10-24 12:00"), 3)
    assert found == [at("2026-10-25 00:30"), at("2026-10-26 01:30"), at("2026-10-27 01:30")]


@pytest.mark.parametrize("now", ["2026-10-25 00:30", "2026-10-25 00:59", "2026-10-25 01:10", "2026-10-25 01:30"])
def test_in_the_second_of_the_two_hours_it_is_not_due_again(now: str) -> None:
    assert next_time("30 1 * * *", LONDON, at(now)) == at("2026-10-26 01:30")


def test_what_runs_every_so_often_goes_on_as_time_does() -> None:
    autumn = next_times("*/30 * * * *", LONDON, at("2026-10-25 00:00"), 4)
    assert autumn == [at(f"2026-10-25 {text}") for text in ("00:30", "01:00", "01:30", "02:00")]
    spring = next_times("0 * * * *", LONDON, at("2026-03-29 00:00"), 2)
    assert spring == [at("2026-03-29 01:00"), at("2026-03-29 02:00")]


def test_the_newest_of_many_that_passed() -> None:
    assert last_before("0 * * * *", "UTC", at("2026-01-01 00:00"), at("2026-01-01 05:59")) == at("2026-01-01 05:00")
    assert last_before("0 * * * *", "UTC", at("2026-01-01 00:00"), at("2026-01-01 00:59")) == at("2026-01-01 00:00")


@pytest.mark.parametrize(
    "line", ["", "* * * *", "* * * * * *", "61 * * * *", "0 0 30 2 *", "a b c d e", "0 0 * * " + "1," * 60 + "1"]
)
def test_what_cannot_be_meant_is_refused_with_its_reason(line: str) -> None:
    with pytest.raises(BadCron, match=r"^[A-Z].*\.$"):
        next_time(line, "UTC", at("2026-01-01 00:00"))


@pytest.mark.parametrize("line", ["@daily", "@hourly", "@weekly", "@reboot"])
def test_a_nickname_is_refused_with_the_five_fields_to_write(line: str) -> None:
    with pytest.raises(BadCron, match="Write five fields: minute, hour, day of the month, month, day of the week"):
        next_time(line, "UTC", at("2026-01-01 00:00"))


@pytest.mark.parametrize("zone", ["", "localtime", "Mars/Olympus", "../etc/passwd", "Europe/London\x00"])
def test_a_zone_nobody_knows_is_refused(zone: str) -> None:
    with pytest.raises(BadZone):
        next_time("* * * * *", zone, at("2026-01-01 00:00"))


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("0 2 * * *", "Every day at 02:00"), ("0 * * * *", "Every hour"), ("* * * * *", "Every minute"),
        ("*/15 * * * *", "Every 15 minutes"), ("5 * * * *", "Every hour, 5 min past"),
        ("0 */2 * * *", "Every 2 hours"), ("30 6 * * 1-5", "Every weekday at 06:30"),
        ("15 4 * * SUN", "Every Sunday at 04:15"), ("15 4 * * 0", "Every Sunday at 04:15"),
        ("0 9 1 * *", "At 09:00 on the first day of every month"), ("*/7 * * * *", "Every seventh minute of every hour"),
        ("0 0 1 * 1", "At 00:00 on the 1st of the month or on Monday"),
        ("30 6 12 * 1-5", "At 06:30 on the 12th of the month or on a weekday"),
        ("0 3 * * 1,4", "At 03:00 on Monday and Thursday"), ("not a cron line at all", "not a cron line at all"),
    ],
)  # fmt: skip
def test_it_is_said_as_people_say_it(line: str, words: str) -> None:
    assert in_words(line) == words
