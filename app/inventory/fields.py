"""Fields of what people and scripts send about stock: SKUs, units, prices, and why one cannot be used."""

import re
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, ValidationInfo, WithJsonSchema
from pydantic.alias_generators import to_camel

from app.core import money
from app.core.shapes import refuse_nul
from app.inventory.models import MAX_UNITS
from app.inventory.problems import ItemPriceOutOfRange, UnitsOutOfRange

# Words our own addresses use after /inventory/: an item named so could not be opened.
PRICE_DIGITS, FINEST = 10, Decimal("0.0001")
TAKEN_FIRST = {"new", "find", "stock-takes", "bulk", "export.csv", "import", "imports", "reorder-points"}
TAKEN_LAST = {"adjustments", "recounts", "movements", "details", "edit", "archival", "restoration", "forecast", "text"}
TAKEN_LAST |= {"recommendations", "acceptance", "dismissal", "reopening"}


def refuse_outer_space(sku: Any) -> Any:  # Any: runs before the type is known, and before spaces are stripped
    """Spaces count in a SKU, so one that nobody sees is refused and not taken away in silence."""
    if isinstance(sku, str) and sku != sku.strip(" "):
        raise ValueError("begins or ends with a space; take it away")
    return sku


def check_sku(sku: str) -> str:
    """Refuse what cannot stand in an address: everything else is a SKU."""
    if re.search(r"[\x00-\x1f\x7f]", sku):
        raise ValueError("has a control character")
    parts = sku.split("/")
    if not all(parts) or any(part in {".", ".."} for part in parts):
        raise ValueError("must not begin or end with a slash, or have an empty part, . or .. between slashes")
    if (
        sku in TAKEN_FIRST
        or parts[0] in {"stock-takes", "import", "imports"}
        or (len(parts) > 1 and parts[-1] in TAKEN_LAST)
    ):
        raise ValueError("is an address of this site; choose another")
    return sku


def read_units(value: Any, info: ValidationInfo) -> Any:  # Any: runs before the type is known
    """Return units.

    Raises:
        UnitsOutOfRange: It is a number, but none that a stock can have.
    """
    if isinstance(value, bool):
        raise UnitsOutOfRange(field=to_camel(info.field_name or ""))
    number = money.read_number(str(value)) if isinstance(value, str | int | float) else None
    if number is None:
        return value
    if number != number.to_integral_value() or not 0 <= number <= MAX_UNITS:
        raise UnitsOutOfRange(field=to_camel(info.field_name or ""))
    return int(number)


def read_price(value: Any, info: ValidationInfo) -> Any:  # Any: runs before the type is known
    """Return a price as it was written.

    Raises:
        ItemPriceOutOfRange: It is no price, below zero, too long or too fine.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return value
    price = money.read_number(str(value))
    if price is None or not 0 <= price < 10**PRICE_DIGITS or price != price.quantize(FINEST):
        raise ItemPriceOutOfRange(field=to_camel(info.field_name or ""))
    return price


Sku = Annotated[
    str,
    BeforeValidator(refuse_nul),
    BeforeValidator(refuse_outer_space),
    StringConstraints(min_length=1, max_length=100),
    AfterValidator(check_sku),
]
Units = Annotated[int, BeforeValidator(read_units), Field(ge=0, le=MAX_UNITS)]
Price = Annotated[
    Decimal,
    BeforeValidator(read_price),
    WithJsonSchema({"type": "string", "pattern": r"^\d{1,10}(\.\d{1,4})?$", "examples": ["12.50"]}),
]
