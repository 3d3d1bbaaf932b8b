"""Forecasts of all items and what is bought together, made anew. Doing so twice changes nothing but the time."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from app.core import clock
from app.core.db import Base, transaction
from app.core.tasks import progress
from app.core.tenancy import current_company_id
from app.core.upsert import upsert
from app.forecasts.backtest import Judged, Total, judge, total_of
from app.forecasts.models import ItemCompanion, ItemForecast
from app.forecasts.series import Series, Span, read_series, read_span
from app.orders.reads.demand import bought_together, newest_order_at

MOST_ITEMS = 2000  # those that sell most; a tenth of a second each
BATCH = 50
SHOWN_WEEKS = 52
YEAR = timedelta(days=365)
LEAST_TOGETHER = 5  # fewer orders than that are chance
LEAST_CONFIDENCE = 0.1
MOST_COMPANIONS = 5
FORECASTS = Base.metadata.tables[ItemForecast.__tablename__]
KEY = ("company_id", "item_id")
TEXT = ("text", "text_model", "text_at")


def make_forecasts(most: int = MOST_ITEMS) -> Total:
    """Forecast the items that sell most, and return the error over all of them."""
    span = read_span()
    series = sorted(read_series(span), key=lambda one: -sum(one.units)) if span else []
    return total_of(_judge_all(series[:most], span)) if span else total_of([])


def _judge_all(series: list[Series], span: Span) -> Iterable[Judged]:
    done, kept = 0, set[int]()
    for start in range(0, len(series), BATCH):
        group = series[start : start + BATCH]
        judged = [(one, judge(one.units)) for one in group]
        with transaction():
            rows = [_row(one, found, span) for one, found in judged]
            upsert(FORECASTS, rows, key=KEY, change=_changed)
        kept |= {one.item_id for one in group}
        done += len(group)
        progress(done, len(series), f"{done} of {len(series)} items")
        yield from (found for _, found in judged)
    with transaction() as session:
        session.execute(sa.delete(ItemForecast).where(ItemForecast.item_id.not_in(kept)))


def _row(one: Series, found: Judged, span: Span) -> dict[str, Any]:
    shown = one.units[-SHOWN_WEEKS:]
    return {
        "company_id": current_company_id(), "item_id": one.item_id, "method": found.method, "baseline": found.baseline,
        "first_week": span.end - len(shown) * timedelta(weeks=1), "history": shown, "next_week": span.end,
        "points": [round(units, 2) for units in found.points], "spread": found.spread, "error": found.error,
        "baseline_error": found.baseline_error, "model_error": found.model_error, "mase": found.mase,
        "tested_weeks": found.tested_weeks, "made_at": clock.now(), "text": "", "text_model": "", "text_at": None,
    }  # fmt: skip


def _changed(new: Any) -> dict[str, Any]:  # Any: SQL expressions
    """What becomes of a forecast. A text was written about figures; it stays while they do."""
    same = ItemForecast.points == new.points
    kept = {name: sa.case((same, getattr(ItemForecast, name)), else_=new[name]) for name in TEXT}
    return {one.name: new[one.name] for one in FORECASTS.columns if one.name not in KEY} | kept


def make_companions() -> int:
    """Find what is bought together in the year before the newest order, and return how many pairs were kept."""
    newest = newest_order_at()
    if newest is None:
        return 0
    with transaction() as session:
        found = bought_together(newest - YEAR, least=LEAST_TOGETHER, confidence=LEAST_CONFIDENCE, most=MOST_COMPANIONS)
        session.execute(sa.delete(ItemCompanion))
        now, company = clock.now(), current_company_id()
        rows = [{**vars(one), "company_id": company, "made_at": now} for one in found]
        if rows:
            session.execute(sa.insert(ItemCompanion), rows)
    return len(found)
