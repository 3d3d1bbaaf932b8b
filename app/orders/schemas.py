"""What people and scripts send: shapes for forms and JSON alike."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, WithJsonSchema

from app.core import money
from app.core.shapes import OptionalText, Shape, Text, refuse_nul
from app.orders.problems import (
    MAX_LINES,
    MAX_NOTE,
    MAX_QUANTITY,
    PRICE_DECIMALS,
    PRICE_DIGITS,
    NoteTooLong,
    PriceOutOfRange,
    QuantityOutOfRange,
    TooManyLines,
)

WHOLE = re.compile(r"\s*[+-]?\d+\s*", re.ASCII)
MAX_SKU = 100
WHOLE_NUMBER = "Give a whole number from 1 to 1,000,000."
PLAIN_PRICE = "Give a price of zero or more, with at most 10 digits before the point and 4 after it."
EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


class Unusable(ValueError):
    """A figure of a line that is no quantity, or no price, whatever the line."""


def read_quantity(value: Any) -> Any:  # Any: runs before the type is known
    """Return units.

    Raises:
        Unusable: Nobody can order that many.
    """
    if isinstance(value, str) and re.fullmatch(WHOLE, value) and len(value) <= money.MAX_DIGITS:
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and not 1 <= value <= MAX_QUANTITY:
        raise Unusable(WHOLE_NUMBER)
    if isinstance(value, float | bool):
        raise Unusable(WHOLE_NUMBER)
    return value


def read_price(value: Any) -> Any:  # Any: runs before the type is known
    """Return a price as it was written.

    Raises:
        Unusable: It is below zero, too long or too fine.
    """
    if value is None or isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return value
    price = money.read_number(str(value))
    if price is None or not 0 <= price < 10**PRICE_DIGITS:
        raise Unusable(PLAIN_PRICE)
    if price != price.quantize(Decimal(1).scaleb(-PRICE_DECIMALS)):
        raise Unusable(PLAIN_PRICE)
    return price


def check_currency(value: str) -> str:
    """Refuse a currency we do not know."""
    money.scale(value)
    return value


def check_note(value: Any) -> Any:  # Any: runs before the type is known
    """Refuse a note that is too long, with its own sentence."""
    if isinstance(value, str) and len(value) > MAX_NOTE:
        raise NoteTooLong
    return refuse_nul(value)


def check_lines(value: Any) -> Any:  # Any: runs before the type is known
    """Refuse too many lines before any of them is read, and a figure that cannot be with the line it stands in."""
    if isinstance(value, list) and not 1 <= len(value) <= MAX_LINES:
        raise TooManyLines(lines=len(value))
    return check_figures(value)


def check_figures(value: Any) -> Any:  # Any: runs before the type is known
    """Refuse a quantity or a price that cannot be. Only here is it known which line it is of."""
    lines = value if isinstance(value, list) else []
    for index, line in enumerate(line if isinstance(line, dict) else {} for line in lines):
        for name, (read, problem) in FIGURES.items():
            try:
                read(line.get(name))
            except Unusable:
                sku, own = line.get("sku"), line.get("line")
                number = own if isinstance(own, int) else index + 1
                known_as = sku[:MAX_SKU] if isinstance(sku, str) else None
                raise problem(line=number, sku=known_as, field=f"lines.{index}.{name}") from None
    return value


def check_instant(value: datetime) -> datetime:
    """Take an instant without a zone as UTC, and keep to years a calendar can show."""
    at = value if value.tzinfo else value.replace(tzinfo=UTC)
    if not EARLIEST <= at <= LATEST:
        raise ValueError("Give a time between 1970 and 2200.")
    return at


FIGURES: dict[str, tuple[Callable[[Any], Any], type[QuantityOutOfRange | PriceOutOfRange]]] = {
    "quantity": (read_quantity, QuantityOutOfRange),
    "unitPrice": (read_price, PriceOutOfRange),
    "unit_price": (read_price, PriceOutOfRange),
}
Quantity = Annotated[int, BeforeValidator(read_quantity), Field(ge=1, le=MAX_QUANTITY)]
Price = Annotated[
    Decimal,
    BeforeValidator(read_price),
    WithJsonSchema({"type": "string", "pattern": r"^\d{1,10}(\.\d{1,4})?$", "examples": ["12.50"]}),
]
Currency = Annotated[str, StringConstraints(max_length=40), AfterValidator(check_currency)]
Note = Annotated[str, BeforeValidator(check_note), StringConstraints(min_length=1, max_length=MAX_NOTE)]
Email = Annotated[
    str,
    BeforeValidator(refuse_nul),
    StringConstraints(to_lower=True, max_length=254, pattern=r"^[^@\s]+@[^@\s]+$"),
]
Time = Annotated[datetime, AfterValidator(check_instant)]
Sku = Annotated[
    str, BeforeValidator(refuse_nul), StringConstraints(min_length=1, max_length=MAX_SKU, strip_whitespace=False)
]
LineNo = Annotated[int, Field(ge=1, le=MAX_LINES)]
OrderNumber = Annotated[int, Field(ge=1, le=2**63 - 1)]


class Customer(Shape):
    """Who ordered."""

    name: Text
    email: Email | None = None
    ref: OptionalText | None = None


class NewLine(Shape):
    """What is ordered. Without a price the item's own is taken."""

    sku: Sku
    quantity: Quantity
    unit_price: Price | None = None


Lines = Annotated[list[NewLine], BeforeValidator(check_lines)]


class NewOrder(Shape):
    """An order to place. Without a currency the company's is taken; without a due time, 24 hours from now."""

    customer: Customer
    currency: Currency | None = None
    lines: Lines
    due_at: Time | None = None
    external_ref: Text | None = None
    note: Note | None = None


class EditOrder(Shape):
    """What to change; what is left out stays. `version` is the one you looked at."""

    version: Annotated[int, Field(ge=1, le=2**63 - 1)]
    customer: Customer | None = None
    due_at: Time | None = None
    external_ref: Text | None = None
    lines: Lines | None = None


class LineUnits(Shape):
    """Units of one line, by its number within the order."""

    line: LineNo
    quantity: Quantity


Units = Annotated[list[LineUnits], BeforeValidator(check_figures), Field(max_length=MAX_LINES)]


class ShipOrder(Shape):
    """A parcel. Without lines, all that is ready leaves."""

    carrier: Text
    tracking_number: Text | None = None
    lines: Units | None = None


class ReturnOrder(Shape):
    """What came back. Without lines, all that left."""

    lines: Units | None = None
    reason: OptionalText | None = None


class CancelOrder(Shape):
    """Why an order is cancelled."""

    reason: OptionalText | None = None


class NewNote(Shape):
    """A note on an order."""

    text: Note


BulkActName = Literal["pay", "pack", "cancel", "note"]


class BulkAct(Shape):
    """One act on many orders: those named, or all that match a query of the list."""

    act: BulkActName
    numbers: list[OrderNumber] = Field(default_factory=list, max_length=1000)
    query: Annotated[str, BeforeValidator(refuse_nul), StringConstraints(max_length=2000)] | None = None
    note: Note | None = None
    reason: OptionalText | None = None


class NewView(Shape):
    """A filter with a name."""

    name: Annotated[str, BeforeValidator(refuse_nul), StringConstraints(min_length=1, max_length=60)]
    query: Annotated[str, BeforeValidator(refuse_nul), StringConstraints(max_length=2000)] = ""
    is_shared: bool = False
