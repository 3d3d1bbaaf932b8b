"""What a migration costs once, by the table of prices: the source sends everything out, the target takes it."""

from decimal import Decimal
from typing import Any

from flask import current_app

from app.core.installation import installation_id
from app.core.tenancy import platform_reads
from app.storage.migrating.rows import Scope
from app.storage.usage.costs import Month, cost_of
from app.storage.usage.months import month_of_providers
from app.storage.usage.prices import Prices, key_of, read_prices
from config import Settings


def cost_of_plan(scope: Scope, plan: dict[str, Any]) -> dict[str, str]:  # Any: JSON
    """Return what a plan costs in US dollars, each part to the cent; an estimate.

    It is what this month costs more with the migration than without, so tiers and what is free count as they would.
    """
    settings: Settings = current_app.config["SETTINGS"]
    with platform_reads():
        months, prices = month_of_providers(installation_id(), is_all=True), read_prices()
    here, there = (prices[key_of(name, settings)] for name in (scope.source, scope.target))
    leaving = Month(reads=plan["source_reads"], sent_bytes=plan["bytes"] - plan["copied_bytes"])
    looks = plan["target_stats"] + plan["target_reads"]
    taken = Month(writes=plan["target_writes"] + plan.get("target_lists", 0), reads=looks)
    out = more(months.get(scope.source, Month()), leaving, here)
    into = more(months.get(scope.target, Month()), taken, there)
    return {
        "once": str(out + into), "source": str(out), "target": str(into), "currency": "USD",
        "as_of": min(here.as_of, there.as_of).isoformat(),
    }  # fmt: skip


def more(month: Month, asked: Month, prices: Prices) -> Decimal:
    """Return what some further requests make a month dearer."""
    return cost_of(month + asked, prices).total - cost_of(month, prices).total
