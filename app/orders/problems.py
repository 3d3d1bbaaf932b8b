"""What can be wrong with an order or an act on one."""

from datetime import date

from app.core.errors import Problem

MAX_LINES = 500
MAX_QUANTITY = 1_000_000
MAX_NOTE = 5000
PRICE_DIGITS = 10
PRICE_DECIMALS = 4
MAX_TOTAL_MINOR = 10**15


class StateCannotFollow(Problem, code="state-cannot-follow", status=409):
    """Order {number} is {state} and cannot become {wanted}. From here it can become {possible}."""

    number: int
    state: str
    wanted: str
    possible: str


class ParcelHasLeft(Problem, code="parcel-has-left", status=409):
    """A parcel of order {number} has already left, so it cannot be cancelled as a whole. Cancel the rest of it, {remaining_units} units, and take back what left."""

    number: int
    shipped_units: int
    remaining_units: int


class NoRestToCancel(Problem, code="no-rest-to-cancel", status=409):
    """Order {number} is {state} and has no rest to cancel. Only an order of which some parcel has left, and some units have not, has one."""

    number: int
    state: str


class LinesAreFixed(Problem, code="lines-are-fixed", status=409):
    """The lines of order {number} are fixed because it is {state}. Only an order that is placed and not yet paid can change its lines."""

    number: int
    state: str


class NothingToShip(Problem, code="no-units-named", status=422):
    """No units were named for order {number}. Give at least one line a quantity above zero."""

    number: int


class TooManyToShip(Problem, code="too-many-to-ship", status=409):
    """Line {line} ({sku}) has {ready} ready to ship, not {wanted}. Ship fewer, or wait for stock."""

    line: int
    sku: str
    wanted: int
    ready: int


class TooManyToReturn(Problem, code="too-many-to-return", status=409):
    """Line {line} ({sku}) has {out} with the customer, not {wanted}. Take back fewer."""

    line: int
    sku: str
    wanted: int
    out: int


class UnknownLine(Problem, code="unknown-line", status=422):
    """Order {number} has no line {line}. Its lines are numbered from 1 to {last}."""

    number: int
    line: int
    last: int


class QuantityOutOfRange(Problem, code="quantity-out-of-range", status=422):
    """The quantity of line {line} cannot be used. Give a whole number from 1 to 1,000,000."""

    line: int
    sku: str | None
    field: str


class PriceOutOfRange(Problem, code="price-out-of-range", status=422):
    """The unit price of line {line} cannot be used. Give a price of zero or more, with at most 10 digits before the point and 4 after it."""

    line: int
    sku: str | None
    field: str


class PriceNeeded(Problem, code="price-needed", status=422):
    """Line {line} ({sku}) needs a unit price. Prices of items are in {company_currency} and this order is in {currency}: give unitPrice with every line."""

    line: int
    sku: str
    field: str
    currency: str
    company_currency: str


class NotForSale(Problem, code="not-for-sale", status=422):
    """{sku} cannot be ordered, because it is an asset of the company and not a product. Take its line out."""

    sku: str


class DaysReversed(Problem, code="days-reversed", status=422):
    """The list would begin on {placed_from} and end before that, on {placed_to}. Give a last day that is not before the first."""

    placed_from: date
    placed_to: date


class OrderTooLarge(Problem, code="order-too-large", status=422):
    """The total of this order is too large. Split it into several orders."""


class TooManyLines(Problem, code="too-many-lines", status=422):
    """This order has {lines} lines. An order takes 1 to 500."""

    lines: int


class NoteTooLong(Problem, code="note-too-long", status=422):
    """This note is too long. Write at most 5,000 characters."""


class TooManySelected(Problem, code="too-many-selected", status=422):
    """{count} orders are selected. Select at most 100, or select all that match."""

    count: int


class NothingSelected(Problem, code="nothing-selected", status=422):
    """No order is selected. Tick at least one."""
