"""What this month costs at each provider in use, and what all of it would cost elsewhere."""

from dataclasses import dataclass
from decimal import Decimal

from app.core.present import format_bytes
from app.storage.usage.costs import Cost, Month, Moving, compare, cost_of, cost_of_moving
from app.storage.usage.prices import OWN, Prices, key_of
from app.storage.usage.reads import Usage
from config import Settings


@dataclass(frozen=True)
class Bill:
    """What a month costs at one place.

    Attributes:
        providers: Those of ours that are there now; empty for somewhere else.
        moving: From where most bytes are to here; None for where they are, or without a price to compare with.
    """

    prices: Prices
    cost: Cost
    month: Month
    providers: tuple[str, ...] = ()
    moving: Moving | None = None


@dataclass(frozen=True)
class Bills:
    """Costs side by side. Estimates: our own figures at list prices.

    Attributes:
        now: Where files are, most bytes first.
        elsewhere: All of it at one other place, cheapest first.
    """

    now: tuple[Bill, ...]
    elsewhere: tuple[Bill, ...]

    @property
    def total(self) -> Decimal:
        """What this month costs now."""
        return sum((one.cost.total for one in self.now), Decimal(0))

    @property
    def month(self) -> Month:
        """What is asked of all providers together."""
        return sum((one.month for one in self.now), Month())

    @property
    def cheapest(self) -> Bill | None:
        """The place where all of it costs least, if that is less than now."""
        return next((one for one in self.elsewhere if not one.prices.is_free and one.cost.total < self.total), None)

    @property
    def highest(self) -> Decimal:
        """The largest sum of the table, for its bars."""
        return max([self.total, *(one.cost.total for one in (*self.now, *self.elsewhere))], default=Decimal(0))


def make_bills(usage: Usage, months: dict[str, Month], prices: dict[str, Prices], settings: Settings) -> Bills:
    """Put side by side what is, and what would be.

    Args:
        usage: What is stored now.
        months: What each of our providers is asked for this month.
        prices: Place → what it asks for.
        settings: Say what speaks S3, which decides its prices.
    """
    names = sorted({*months, *usage.providers}, key=lambda name: (-usage.of(provider=name).bytes, name))
    asked: dict[str, Month] = {}
    there: dict[str, tuple[str, ...]] = {}
    for name in names:
        key = key_of(name, settings)
        asked[key] = asked.get(key, Month()) + months.get(name, Month())
        there[key] = (*there.get(key, ()), name)
    now = tuple(Bill(prices[key], cost_of(month, prices[key]), month, there[key]) for key, month in asked.items())
    bills = Bills(now, ())
    rest = [one for key, one in prices.items() if key not in asked and not (key == OWN and one.is_free)]
    elsewhere = sorted((_elsewhere(bills, usage, one) for one in rest), key=lambda one: one.cost.total)
    return Bills(now, tuple(elsewhere))


def _elsewhere(bills: Bills, usage: Usage, prices: Prices) -> Bill:
    """Price all of it at one other place, and the move there."""
    month = bills.month
    cost = cost_of(month, prices)
    if not bills.now:
        return Bill(prices, cost, month)
    once = Decimal(0)
    for one in bills.now:
        parts = [usage.of(provider=name) for name in one.providers]
        once += cost_of_moving(
            one.month, one.prices, prices, bytes_now=sum(part.bytes for part in parts),
            files_now=sum(part.files for part in parts),
        )  # fmt: skip
    return Bill(prices, cost, month, moving=compare(once, bills.total, cost.total))


def moving_words(bills: Bills, bill: Bill) -> str:
    """Return what moving costs and when it is earned back, as one sentence or two."""
    move = bill.moving
    if move is None:
        return ""
    stored = format_bytes(int(bills.month.byte_months))
    if move.months is None:
        return (
            f"Moving {stored} to {bill.prices.name} costs about ${move.once:,} once, and a month there costs no less."
        )
    return (
        f"Moving {stored} to {bill.prices.name} costs about ${move.once:,} once. At ${move.saved:,} less a month it is "
        f"earned back in {move.months} months."
    )
