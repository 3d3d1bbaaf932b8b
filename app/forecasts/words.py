"""What a forecast says in words, for pages and for a model alike."""

from app.core.present import format_count, plural
from app.forecasts.methods import NAMES
from app.forecasts.models import ItemForecast
from app.inventory.reads import StockRow


def percent(share: float) -> str:
    """Return a share: `31%`."""
    return f"{format_count(round(share * 100))}%"


def units(number: float) -> str:
    """Return units a week: whole ones from ten on, a decimal below."""
    return format_count(round(number)) if number >= 10 else f"{number:.1f}"  # noqa: PLR2004


def trust_of(one: ItemForecast) -> str:
    """Say what the forecast is worth: how far it was off, beside doing without a model."""
    if one.error is None or one.baseline_error is None or one.model_error is None:
        weeks = len(one.history)
        if weeks and not any(one.history[-one.tested_weeks :]) and one.tested_weeks:
            return f"None was ordered in the last {plural(one.tested_weeks, 'week')}, so there is nothing to be right or wrong about."
        return f"Not tested: {plural(weeks, 'full week')} of orders are too few to say how far off it is. It repeats {NAMES[one.method]}."
    span = f"in the last {plural(one.tested_weeks, 'week')}"
    plain = NAMES[one.baseline]
    if one.method == one.baseline:
        return (
            f"Off by {percent(one.error)} {span}. This is {plain}: the best model would have been off by "
            f"{percent(one.model_error)}, so it is not used."
        )
    return f"Off by {percent(one.error)} {span}; {plain} would have been off by {percent(one.baseline_error)}."


def figures_of(item: StockRow, one: ItemForecast) -> str:
    """Return what a model is told about an item: figures, no names of people."""
    return "\n".join(
        [
            f"Item: {item.name} ({item.sku})",
            f"In stock and free: {item.available}; reorder point: {item.reorder_point}",
            f"Units ordered in each of the last {len(one.history)} weeks, oldest first: "
            + ", ".join(f"{week:g}" for week in one.history),
            f"Forecast for the next {len(one.points)} weeks: " + ", ".join(f"{point:g}" for point in one.points),
            f"Made by {NAMES[one.method]}. {trust_of(one)}",
        ]
    )
