"""How figures of queues are written, and what a queue's state looks like."""

import json
from datetime import datetime
from typing import Any

from app.core.present import format_count, format_duration, reader_zone, zone_info
from app.queues.figures.queues import QueueFigures
from app.queues.views.held import HeldView

SECOND_MS, MINUTE_S, HOUR_S = 1000, 60, 3600
TEN = 10
NEAR_S = 12 * HOUR_S
ROW_CHARS = 64


def span(seconds: float | None) -> str:
    """Return a wait: `0.8 s`, `11 s`, `14 min`, `3 h 2 min`; a dash for none."""
    if seconds is None:
        return "–"
    if seconds < TEN:
        return f"{seconds:.1f} s"
    return format_duration(seconds)


def target(seconds: int) -> str:
    """Return a target: `10 s`, `2 min`, `1 h`, `90 s` as `1 min 30 s`."""
    if seconds < MINUTE_S or seconds >= HOUR_S or seconds % MINUTE_S == 0:
        return format_duration(seconds)
    return f"{seconds // MINUTE_S} min {seconds % MINUTE_S} s"


def run_time(ms: float | None) -> str:
    """Return how long a run took: `38 ms`, `1.4 s`, `30.0 s`, `4 min 10 s`; a dash when nothing ran."""
    if ms is None:
        return "–"
    if ms < SECOND_MS:
        return f"{ms:.0f} ms"
    seconds = ms / SECOND_MS
    if seconds < MINUTE_S:
        return f"{seconds:.1f} s"
    if seconds < HOUR_S:
        whole = int(seconds)
        return f"{whole // MINUTE_S} min {whole % MINUTE_S} s" if whole % MINUTE_S else f"{whole // MINUTE_S} min"
    return format_duration(seconds)


def pace(per_minute: float) -> str:
    """Return jobs a minute: exact below ten, because one job in a while is not none."""
    return format_count(round(per_minute)) if per_minute >= TEN else f"{per_minute:.1f}".removesuffix(".0")


def until(at: datetime | None, now: datetime) -> str:
    """Return when a pause ends, to follow `to`: `13:00`, `Thu 13:00`; empty when only a person ends it."""
    if at is None:
        return ""
    local = at.astimezone(zone_info(reader_zone()))
    return f"{local:%H:%M}" if (at - now).total_seconds() < NEAR_S else f"{local:%a} {local:%H:%M}"


def percent(share: float | None) -> str:
    """Return a share of jobs: `100%`, `99.2%`, never a rounded 100% that is not one; a dash for none."""
    if share is None:
        return "–"
    if share in {0.0, 1.0}:
        return f"{share:.0%}"
    return f"{min(max(share * 100, 0.1), 99.9):.1f}%"


def in_short(args: dict[str, Any]) -> str:
    """Return arguments as JSON, cut where a row ends."""
    text = as_json(args)
    return text if len(text) <= ROW_CHARS else text[: ROW_CHARS - 1] + "…"


def is_short(args: dict[str, Any]) -> bool:
    """Say whether arguments fit into a row."""
    return len(as_json(args)) <= ROW_CHARS


def as_json(args: dict[str, Any], indent: int | None = None) -> str:
    """Return arguments as JSON."""
    return json.dumps(args, ensure_ascii=False, indent=indent)


def paused_by(one: HeldView, now: datetime) -> str:
    """Return who paused something, until when and why: `Paused by Inês until 13:00: “The store moves”`."""
    end = f"until {until(one.until, now)}" if one.until else "until somebody resumes"
    why = f": “{one.reason}”" if one.reason else "."
    return f"Paused by {one.by} {end}{why}"


def counted(one: QueueFigures) -> str:
    """Return how many wait; a count that stopped at its bound says so, and one of long ago is a dash."""
    if one.state == "unknown":
        return "–"
    return f"{format_count(one.waiting)}{' or more' if one.is_bounded else ''}"


def held_apart(one: QueueFigures) -> str:
    """Return how many jobs are held while others may flow: `12 held`; empty for none."""
    return f"{format_count(one.held_waiting)} held" if one.held_waiting else ""


def burn(rate: float | None) -> str:
    """Return how fast misses are used up: `0`, `0.4`, `14`; a dash when nothing ran."""
    if rate is None:
        return "–"
    return format_count(round(rate)) if rate >= TEN else f"{rate:.1f}".removesuffix(".0")
