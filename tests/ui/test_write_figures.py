"""Times, money and counts read the way the design's voice writes them."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from app.core import present

NOW = datetime(2026, 11, 20, 10, 42, 8, tzinfo=UTC)
LONDON = "Europe/London"


@pytest.mark.parametrize(
    ("ago", "text"),
    [
        (timedelta(seconds=2), "now"),
        (timedelta(seconds=12), "12 s ago"),
        (timedelta(minutes=39), "39 min ago"),
        (timedelta(hours=3, minutes=34), "3 h 34 min ago"),
        (timedelta(hours=2), "2 h ago"),
        (timedelta(hours=19, minutes=31), "Thu 15:11"),
        (timedelta(days=8), "12 Nov 10:42"),
        (timedelta(days=290), "3 Feb 10:42"),
        (timedelta(days=655), "3 Feb 2025"),
        (-timedelta(minutes=5), "in 5 min"),
        (-timedelta(hours=2), "today 12:42"),
        (-timedelta(days=1), "Sat 21 Nov 10:42"),
    ],
)
def test_an_instant_is_said_as_people_say_it(ago, text):
    assert present.format_when(NOW - ago, LONDON, NOW) == text


def test_an_instant_is_told_in_the_readers_zone():
    at = datetime(2026, 11, 19, 15, 11, tzinfo=UTC)
    assert present.format_when(at, "America/New_York", NOW) == "Thu 10:11"
    assert present.format_exact(at, "Asia/Kolkata") == "2026-11-19 20:41:00 GMT+5:30"
    assert present.format_exact(at, LONDON) == "2026-11-19 15:11:00 GMT"
    assert present.format_exact(at, "UTC") == "2026-11-19 15:11:00 UTC"
    assert present.format_exact(at, "America/New_York") == "2026-11-19 10:11:00 GMT-5"


def test_a_quarter_of_an_hour_before_midnight_is_still_minutes_ago():
    now = datetime(2026, 11, 20, 0, 5, tzinfo=UTC)
    assert present.format_when(now - timedelta(minutes=15), "UTC", now) == "15 min ago"


def test_a_log_line_carries_its_seconds():
    assert present.format_clock(NOW - timedelta(minutes=6), LONDON, NOW) == "Today 10:36:08"
    assert present.format_clock(NOW - timedelta(hours=18), LONDON, NOW) == "Thu 16:42:08"
    assert present.format_clock(NOW - timedelta(days=655), LONDON, NOW) == "3 Feb 2025"


def test_an_unknown_zone_does_not_break_a_page():
    assert present.format_exact(NOW, "Mars/Olympus") == "2026-11-20 10:42:08 GMT"


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (120445, "GBP", "£1,204.45"),
        (-300, "GBP", "−£3.00"),
        (5, "EUR", "€0.05"),
        (1200, "JPY", "JPY 1,200"),
        (1250, "SEK", "SEK 12.50"),
        (1234567, "KWD", "KWD 1,234.567"),
    ],
)
def test_money_is_written_with_its_own_decimals(minor, currency, text):
    assert present.format_money(minor, currency) == text


def test_an_estimate_says_so_and_is_no_finer_than_it_can_be():
    assert present.format_count(2310) == "2,310"
    assert present.format_count(1_048_576, estimate=True) == "~1,050,000"
    assert present.format_count(38, estimate=True) == "~38"
    assert present.format_count(-4) == "−4"


def test_a_count_agrees_with_its_noun():
    assert present.plural(1, "order") == "1 order"
    assert present.plural(0, "company", "companies") == "0 companies"
    assert present.plural(2310, "order") == "2,310 orders"


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (512, "512 B"), (1800, "1.8 KB"), (455_000_000_000, "455 GB"), (999_999, "1.0 MB")],
)
def test_a_size_is_decimal(size, text):
    assert present.format_bytes(size) == text


def test_a_changed_filter_starts_again_at_the_first_page(app: Flask):
    with app.test_request_context("/orders?state=paid&after=cursor&sort=total"):
        assert present.query_with(sort="placed") == "/orders?state=paid&sort=placed"
        assert present.query_with(state=None) == "/orders?sort=total"
        assert present.query_with(after="next") == "/orders?state=paid&sort=total&after=next"


def test_what_was_typed_into_a_filter_cannot_leave_the_address(app: Flask):
    with app.test_request_context("/orders", query_string={"q": '"><script>&x=1'}):
        assert present.query_with(sort="total") == "/orders?q=%22%3E%3Cscript%3E%26x%3D1&sort=total"
