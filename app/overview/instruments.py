"""The row of figures: each names its window and its worst offender, and each may fail alone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import structlog
from flask import current_app, url_for
from sqlalchemy.exc import SQLAlchemyError

from app.core.db import db
from app.core.present import format_count, plural
from app.core.tenancy import current_scope
from app.health.checks import LAG_LIMIT_S, checks_of
from app.inventory import reads as inventory
from app.orders import reads as orders
from app.orders.reads.rhythm import orders_rhythm
from app.queues import reads as queues

T = TypeVar("T")
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Instrument:
    """One figure of the row.

    Attributes:
        points: A line of the last hour, oldest first; empty for none.
        spark: What the line says, for those who do not see it.
    """

    id: str
    label: str
    value: str
    unit: str
    note: str
    href: str | None = None
    tone: str | None = None
    word: str | None = None
    points: Sequence[float] = field(default=())
    spark: str = ""


def guarded(make: Callable[[], T], spare: T) -> T:
    """Return what `make` finds, or `spare` when the database refuses: one figure must not take the page with it."""
    try:
        return make()
    except SQLAlchemyError:
        log.exception("a figure of the overview failed", figure=getattr(make, "__name__", "?"))
        db.session.rollback()
        return spare


def guarded_list(make: Callable[[], list[T]]) -> list[T]:
    """Return the list that `make` finds, or an empty one when the database refuses."""
    spare: list[T] = []
    return guarded(make, spare)


def instruments() -> list[Instrument]:
    """Return the figures, a placeholder for one that cannot be had."""
    makers = {
        "Orders": hourly_orders, "Late": late, "Out of stock": out_of_stock, "Jobs": jobs, "Event log": event_log,
    }  # fmt: skip
    return [
        guarded(
            make,
            Instrument(f"i-{make.__name__}", label, "–", "", "This figure cannot be had now", None, "warn", "Away"),
        )
        for label, make in makers.items()
    ]


def hourly_orders() -> Instrument:
    """Orders of the last 60 minutes beside the usual hour."""
    rhythm = orders_rhythm()
    if rhythm.change is None:
        note = "last 60 min; no usual hour to compare with yet"
    elif rhythm.change == 0:
        note = "as in a usual hour of this weekday"
    else:
        note = f"{abs(rhythm.change)}% {'above' if rhythm.change > 0 else 'below'} a usual hour of this weekday"
    return Instrument(
        "i-orders", "Orders", format_count(rhythm.now), "in 60 min", note, url_for("orders.index"), None, None,
        rhythm.points, f"Orders of each five minutes of the last hour, {rhythm.points[-1]} in the newest",
    )  # fmt: skip


def late() -> Instrument:
    """Orders past their time, and how they divide."""
    day = orders.day_figures()
    note = (
        f"{day.to_pack} to pack, {day.to_ship} to ship"
        if day.late
        else f"{plural(day.today, 'order')} today, all in time"
    )
    tone, word = ("warn", "Late") if day.late else (None, None)
    return Instrument(
        "i-late", "Late", format_count(day.late), "now", note, url_for("orders.index", view="late"), tone, word
    )


def out_of_stock() -> Instrument:
    """Items with nothing left, the most urgent named."""
    summary = inventory.summarize()
    note = f"{', '.join(summary.worst[:2])} first" if summary.worst else f"{summary.short} at their reorder point"
    tone, word = ("bad", "Out") if summary.out.n else (None, None)
    unit = f"of {summary.total} now"
    return Instrument("i-stock", "Out of stock", str(summary.out), unit, note, "/inventory?view=out", tone, word)


def jobs() -> Instrument:
    """Jobs that wait or run, the one that runs longest named."""
    running = queues.longest_running()
    live = max(queues.count_live(), int(running is not None))
    note = running.title if running else waiting_told(live, queues.count_held() if live else 0)
    href = url_for("jobs.list_jobs") if current_scope().company_id is not None else None
    return Instrument("i-jobs", "Jobs", "100+" if live >= queues.COUNT_BOUND else str(live), "now", note, href)


def waiting_told(live: int, held: int) -> str:
    """Return what jobs wait for: what is held waits for nobody at work."""
    if not live:
        return "nothing waits or runs"
    if not held:
        return "waiting for a worker"
    if held >= live:
        return "held on purpose"
    rest = live - held
    return f"{rest} waiting for a worker, {held} held on purpose"


def event_log() -> Instrument:
    """How far the event log, and with it every live page, is behind."""
    relay = checks_of(current_app).newest()["relay"]
    lag_s = relay.figure
    value = "–" if lag_s is None else f"{lag_s:.1f}" if lag_s < LAG_LIMIT_S else format_count(round(lag_s))
    tone, word = (None, None) if relay.is_healthy else ("bad", "Behind" if lag_s else "Away")
    note = "live pages are this far behind" if relay.is_healthy else relay.detail
    return Instrument("i-relay", "Event log", value, "s behind", note, None, tone, word)
