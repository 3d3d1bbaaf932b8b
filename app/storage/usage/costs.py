"""What a month costs, here and elsewhere: estimates from our own figures and list prices."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from app.storage.usage.prices import Prices, Tiers

GB = Decimal(10**9)
MILLION = Decimal(10**6)
CENT = Decimal("0.01")
NOTHING = Decimal(0)


@dataclass(frozen=True)
class Month:
    """What a month asks of a provider.

    Attributes:
        byte_months: Average of the bytes at the end of its days.
        writes: Requests of class A. `reads`: of class B.
        sent_bytes: What leaves.
    """

    byte_months: Decimal = NOTHING
    writes: int = 0
    reads: int = 0
    sent_bytes: int = 0

    def __add__(self, other: "Month") -> "Month":
        return Month(
            self.byte_months + other.byte_months,
            self.writes + other.writes,
            self.reads + other.reads,
            self.sent_bytes + other.sent_bytes,
        )


@dataclass(frozen=True)
class Cost:
    """US dollars a month, each part to the cent; the whole is their sum, so that a table adds up."""

    stored: Decimal = NOTHING
    requests: Decimal = NOTHING
    sent: Decimal = NOTHING

    @property
    def total(self) -> Decimal:
        """All of it."""
        return self.stored + self.requests + self.sent

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.stored + other.stored, self.requests + other.requests, self.sent + other.sent)


@dataclass(frozen=True)
class Moving:
    """What it costs to go elsewhere, once, and when that is earned back.

    Attributes:
        months: None when it is never earned back.
    """

    once: Decimal
    saved: Decimal
    months: Decimal | None


def cost_of(month: Month, prices: Prices) -> Cost:
    """Return what a month costs at a provider, free tiers taken off."""
    stored = month.byte_months / GB
    sent = Decimal(month.sent_bytes) / GB
    free_sent = prices.free_sent + prices.free_sent_times_stored * stored
    requests = (
        _above(Decimal(month.writes), prices.free_writes) * prices.writes
        + _above(Decimal(month.reads), prices.free_reads) * prices.reads
    ) / MILLION
    return Cost(
        _cents(_tiered(_above(stored, prices.free_stored), prices.stored)),
        _cents(requests),
        _cents(_tiered(_above(sent, free_sent), prices.sent)),
    )


def cost_of_moving(month: Month, here: Prices, there: Prices, *, bytes_now: int, files_now: int) -> Decimal:
    """Return what moving costs once: the old one reads and sends everything out, the new one takes every file.

    It is what a month with the move costs more than one without, so tiers and free tiers count as they would.
    """
    leaving = month + Month(reads=files_now, sent_bytes=bytes_now)
    out = cost_of(leaving, here).total - cost_of(month, here).total
    taken = cost_of(month + Month(writes=files_now), there).total - cost_of(month, there).total
    return out + taken


def compare(once: Decimal, now: Decimal, there: Decimal) -> Moving:
    """Return when a move is earned back by what a month costs less."""
    saved = now - there
    return Moving(once, saved, (once / saved).quantize(Decimal("0.1"), ROUND_HALF_UP) if saved > 0 else None)


def _above(amount: Decimal, free: Decimal) -> Decimal:
    return max(amount - free, NOTHING)


def _tiered(amount: Decimal, tiers: Tiers) -> Decimal:
    """Price an amount by its tiers: what is below each limit at that tier's price."""
    total, below = NOTHING, NOTHING
    for upto, price in tiers:
        top = amount if upto is None else min(amount, upto)
        if top > below:
            total += (top - below) * price
            below = top
    return total


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)
