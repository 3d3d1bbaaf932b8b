"""How times, money and counts are written. static/js/when.js has the same rules for times; change both."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import urlencode
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flask import Flask, g, has_request_context, request

from app.core import clock
from app.core.auth import maybe_principal
from app.core.ids import new_ulid
from app.core.kept import init_kept
from app.core.money import SCALES
from app.core.spark import spark_path

NOW_S, MINUTE_S, HOUR_S, DAY_S = 5, 60, 3600, 86_400
WEEK_DAYS = 6
SYMBOLS = {"GBP": "£", "EUR": "€", "USD": "$"}
BYTE_UNITS = ("B", "KB", "MB", "GB", "TB", "PB")


def format_when(at: datetime, zone: str = "UTC", now: datetime | None = None) -> str:
    """Return an instant as people say it: `now`, `39 min ago`, `Thu 15:11`, `12 Nov 09:30`, `3 Feb 2025`.

    Args:
        at: An aware instant.
        zone: IANA name of the reader's time zone.
        now: What "now" is; the clock's when left out.
    """
    now = now or clock.now()
    local, today = at.astimezone(zone_info(zone)), now.astimezone(zone_info(zone))
    seconds = (now - at).total_seconds()
    if abs(seconds) < NOW_S:
        return "now"
    if abs(seconds) < HOUR_S or (seconds > 0 and local.date() == today.date()):
        span = format_duration(abs(seconds))
        return f"{span} ago" if seconds >= 0 else f"in {span}"
    if local.year != today.year:
        return f"{local.day} {local:%b %Y}"
    return f"{_day_word(local.date(), today.date())} {_time(local)}"


class Said(NamedTuple):
    """An instant as a `<time data-when>` says it; equal ones make equal HTML, so rows can be kept by them."""

    instant: str
    exact: str
    words: str


def say_when(at: datetime) -> Said:
    """Return how the reader is told of an instant."""
    zone = reader_zone()
    return Said(clock.rfc3339(at), format_exact(at, zone), format_when(at, zone))


def format_clock(at: datetime, zone: str = "UTC", now: datetime | None = None) -> str:
    """Return an instant for a log: `Today 10:36:41`, `Thu 17:00:00`, `12 Nov 17:00:00`, `3 Feb 2025`."""
    local, today = at.astimezone(zone_info(zone)), (now or clock.now()).astimezone(zone_info(zone))
    if local.year != today.year:
        return f"{local.day} {local:%b %Y}"
    word = _day_word(local.date(), today.date())
    return f"{word[0].upper()}{word[1:]} {local:%H:%M:%S}"


def format_day(at: datetime, zone: str = "UTC") -> str:
    """Return the date in the reader's zone: `2026-11-20`."""
    return f"{at.astimezone(zone_info(zone)):%Y-%m-%d}"


@lru_cache(maxsize=4096)
def format_exact(at: datetime, zone: str = "UTC") -> str:
    """Return the whole instant with its zone: `2026-11-20 10:42:08 GMT`, as `GMT+5:30` east of it."""
    local = at.astimezone(zone_info(zone))
    minutes = int((local.utcoffset() or timedelta()).total_seconds()) // MINUTE_S
    hours, rest = divmod(abs(minutes), 60)
    offset = f"{'+' if minutes > 0 else '-'}{hours}{f':{rest:02}' if rest else ''}" if minutes else ""
    return f"{local.date()} {_time(local)}:{local.second:02} {'UTC' if zone == 'UTC' else 'GMT' + offset}"


def format_duration(seconds: float) -> str:
    """Return a span in its two largest units: `12 s`, `39 min`, `3 h 34 min`, `1 d 2 h`."""
    total = int(seconds)
    if total < MINUTE_S:
        return f"{total} s"
    if total < HOUR_S:
        return f"{total // MINUTE_S} min"
    if total < DAY_S:
        hours, minutes = total // HOUR_S, total % HOUR_S // MINUTE_S
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = total // DAY_S, total % DAY_S // HOUR_S
    return f"{days} d {hours} h" if hours else f"{days} d"


def format_money(minor: int, currency: str) -> str:
    """Return an amount: `£1,204.45`, `−£3.00`, and by its code where the sign is shared: `SEK 12.50`.

    Args:
        minor: Minor units: pence, cents, whole yen.
        currency: ISO 4217 code.
    """
    digits = SCALES.get(currency, 2)
    whole, part = divmod(abs(minor), 10**digits)
    figure = f"{whole:,}.{part:0{digits}}" if digits else f"{whole:,}"
    return f"{'−' if minor < 0 else ''}{SYMBOLS.get(currency, currency + ' ')}{figure}"


def format_price(price: Decimal, currency: str) -> str:
    """Return a unit price, which may be finer than money: `£58.50`, `£0.3333`, `JPY 900`."""
    digits = SCALES.get(currency, 2)
    whole, _, part = f"{abs(price):,.4f}".partition(".")
    part = part.rstrip("0").ljust(digits, "0")
    figure = f"{whole}.{part}" if part else whole
    return f"{'−' if price < 0 else ''}{SYMBOLS.get(currency, currency + ' ')}{figure}"


def format_count(n: int, estimate: bool = False) -> str:
    """Return a count: `2,310`; an estimate is cut to three figures and says so: `~2,310`."""
    if not estimate:
        return f"{n:,}".replace("-", "−")
    step = 10 ** max(len(str(abs(n))) - 3, 0)
    return f"~{round(n / step) * step:,}"


def format_bytes(n: int) -> str:
    """Return a size in decimal units: `512 B`, `1.8 MB`, `455 GB`."""
    size, unit = float(n), 0
    while size >= 999.5 and unit < len(BYTE_UNITS) - 1:  # noqa: PLR2004 (999.5 would round to 1000)
        size, unit = size / 1000, unit + 1
    return f"{size:.1f} {BYTE_UNITS[unit]}" if unit and size < 9.95 else f"{size:.0f} {BYTE_UNITS[unit]}"  # noqa: PLR2004


def plural(n: int, one: str, many: str | None = None) -> str:
    """Return a count with its noun: `1 order`, `2 orders`, `0 companies`."""
    return f"{format_count(n)} {one if n == 1 else many or one + 's'}"


@lru_cache(maxsize=512)
def zone_info(name: str) -> ZoneInfo:
    """Return a time zone; UTC for a name nobody knows, because a page must not fail over it."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def reader_zone() -> str:
    """Return the reader's zone, else their company's; UTC where nobody reads (a pushed row; the script turns it)."""
    if not has_request_context():
        return "UTC"
    if "reader_zone" not in g:
        who = maybe_principal()
        company = who.acting_in if who else None
        chosen = who.preferences.get("timezone") if who else None
        g.reader_zone = str(chosen or (company.timezone if company else "UTC"))
    return str(g.reader_zone)


def query_with(**changes: Any) -> str:  # Any: whatever stands well in a query string
    """Return this page's address with some parameters changed; None takes one away.

    A changed filter or order starts again at the first page, so `after` and `before` go unless they are named.
    """
    query = {key: value for key, value in request.args.items(multi=True) if key not in {"after", "before", "ids"}}
    query |= {key: str(value) for key, value in changes.items() if value is not None}
    kept = {key: value for key, value in query.items() if value and changes.get(key, value) is not None}
    return f"{request.path}?{urlencode(kept)}" if kept else request.path


def init_present(app: Flask) -> None:
    """Give every template the filters and globals of this module."""
    init_kept(app)
    app.jinja_env.filters |= {
        "instant": lambda at: clock.rfc3339(at.astimezone(UTC)),
        "said": say_when,
        "exact": lambda at: format_exact(at, reader_zone()),
        "when": lambda at: format_when(at, reader_zone()),
        "clock": lambda at: format_clock(at, reader_zone()),
        "day": lambda at: format_day(at, reader_zone()),
        "time_of_day": lambda at: format_exact(at, reader_zone()).partition(" ")[2],
        "duration": format_duration,
        "money": format_money,
        "price": format_price,
        "number": format_count,
        "size": format_bytes,
    }
    app.jinja_env.globals |= {
        "plural": plural,
        "query_with": query_with,
        "form_key": new_ulid,
        "spark_path": spark_path,
        "now": clock.now,
        "reader_zone": reader_zone,
    }


def _time(local: datetime) -> str:
    """Return `09:30`. Four times as quick as strftime, and a list asks for it two hundred times."""
    return f"{local.hour:02}:{local.minute:02}"


@lru_cache(maxsize=1024)
def _day_word(local: date, today: date) -> str:
    days = (today - local).days
    if days == 0:
        return "today"
    if 0 < days <= WEEK_DAYS:
        return f"{local:%a}"
    return f"{local.day} {local:%b}" if days > 0 else f"{local:%a} {local.day} {local:%b}"
