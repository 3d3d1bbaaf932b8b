"""What the pages of the inventory show of forecasts, for whom the flag `ai-recommendations` is on."""

from app.core.plot import plot_of
from app.flags.gates import Gate, is_open
from app.forecasts import reads, words
from app.forecasts.methods import NAMES
from app.forecasts.models import ItemForecast
from app.forecasts.service import writing
from app.inventory.panels import Panel, register_item_panel, register_list_panel
from app.inventory.reads import StockRow

PLOTTED_WEEKS = 26


def show_on_item(item: StockRow) -> Panel | None:
    """Return the demand panel of an item."""
    if not is_open(Gate.AI_RECOMMENDATIONS) or not item.is_for_sale:
        return None
    one = reads.forecast_of(item.id)
    about = {
        "one": one, "chart": chart_of(one) if one else None, "names": NAMES, "words": words,
        "companions": reads.companions_of(item.id), "proposal": reads.proposal_of(item.id), "can_write": writing.is_on(),
    }  # fmt: skip
    return Panel("forecasts/_item.html", about)


def chart_of(one: ItemForecast) -> dict[str, object]:
    """Return the plot: what was ordered, then what is expected, joined at the newest week."""
    past = one.history[-PLOTTED_WEEKS:]
    expected: list[float | None] = [*[None] * (len(past) - 1), *past[-1:], *one.points]
    return {"plot": plot_of(past, expected), "past": past, "skipped": len(one.history) - len(past)}


def show_on_list() -> Panel | None:
    """Return the line above the list that says how many reorder points are proposed."""
    if not is_open(Gate.AI_RECOMMENDATIONS):
        return None
    count = reads.count_open()
    return Panel("forecasts/_proposed.html", {"count": count, "most": reads.OPEN_SHOWN}) if count else None


def register_panels() -> None:
    """Put both on the pages."""
    register_item_panel(show_on_item)
    register_list_panel(show_on_list)
