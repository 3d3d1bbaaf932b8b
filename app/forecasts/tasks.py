"""Forecasts, proposals and texts as jobs."""

from typing import Any

from app.core.present import plural
from app.core.tasks import job, say
from app.forecasts import service, upkeep
from app.forecasts.backtest import TESTED
from app.forecasts.words import percent


@job(queue="ai-processing", name="forecasts.make")
def make_forecasts() -> dict[str, Any]:
    """Forecast every item, and find what is bought together."""
    total = service.make_forecasts()
    pairs = service.make_companions()
    if total.model is not None and total.baseline is not None and total.used is not None:
        say(
            f"Over {plural(total.items, 'item')}, in the last {TESTED} weeks: models off by {percent(total.model)}, "
            f"without a model {percent(total.baseline)}, as used {percent(total.used)}. "
            f"The model was better for {total.won}."
        )
    return {
        "items": total.items, "modelBetter": total.won, "modelError": total.model, "baselineError": total.baseline,
        "usedError": total.used, "pairs": pairs, "page": "/inventory",
    }  # fmt: skip


@job(
    queue="ai-processing",
    name="forecasts.describe",
    needs=("ai-service",),
    time_limit_s=120,
)
def describe_item(sku: str) -> dict[str, Any]:
    """Have a model write about an item's demand."""
    text = service.write_text(sku)
    return {"characters": len(text), "page": f"/inventory/{sku}"}


@job(queue="maintenance", name="forecasts.maintain")
def maintain() -> dict[str, Any]:
    """Propose reorder points from the newest forecasts; none changes before a person accepts it."""
    return {"proposals": service.propose_points(), "page": "/inventory/reorder-points"}


@job(queue="maintenance", name="maintenance.run")
def look_after_installation() -> dict[str, Any]:
    """Name the flags that look finished, and freshen what the planner knows of partitioned tables."""
    return upkeep.look_after()
