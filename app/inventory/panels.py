"""What features above the inventory show on its pages: each registers a function, the pages show what it returns."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.inventory.reads import StockRow


@dataclass(frozen=True)
class Panel:
    """One part of a page.

    Attributes:
        template: Rendered in place; it finds `about` as `panel.about`.
    """

    template: str
    about: dict[str, Any]  # Any: what the template shows


OfItem = Callable[[StockRow], Panel | None]
OfList = Callable[[], Panel | None]
_of_item: list[OfItem] = []
_of_list: list[OfList] = []


def register_item_panel(function: OfItem) -> None:
    """Show a part on the page of an item, for those items that the function has one for."""
    if function not in _of_item:
        _of_item.append(function)


def register_list_panel(function: OfList) -> None:
    """Show a part above the list of items."""
    if function not in _of_list:
        _of_list.append(function)


def item_panels(item: StockRow) -> list[Panel]:
    """Return the parts of an item's page."""
    return [panel for make in _of_item if (panel := make(item)) is not None]


def list_panels() -> list[Panel]:
    """Return the parts above the list."""
    return [panel for make in _of_list if (panel := make()) is not None]
