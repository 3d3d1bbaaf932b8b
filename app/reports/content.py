"""What a report says, whatever it is written as."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from app.core.money import scale
from app.reports.periods import Period

Cell = str | int | Decimal | date
Rows = Callable[[], Iterator[Sequence[Cell]]]


@dataclass(frozen=True)
class Table:
    """A small table of sums."""

    title: str
    head: tuple[str, ...]
    rows: list[tuple[Cell, ...]]


@dataclass(frozen=True)
class Chart:
    """Bars over time, of one currency or unit."""

    title: str
    labels: list[str]
    values: list[Decimal]


@dataclass(frozen=True)
class Content:
    """One report.

    Attributes:
        how: How its figures are made, a sentence each.
        lines: Its totals in words, for mails and lists.
        detail_head, detail: Its long table; read again for each file, in the same snapshot.
        is_empty: Nothing happened in the period.
    """

    title: str
    company: str
    period: Period
    made_at: datetime
    how: list[str]
    lines: list[str]
    tables: list[Table]
    detail_head: tuple[str, ...]
    detail: Rows
    charts: list[Chart] = field(default_factory=list)
    is_empty: bool = False


def amount(minor: int | None, currency: str) -> Decimal:
    """Return minor units as an exact decimal of the currency: 1250, GBP -> 12.50."""
    return Decimal(int(minor or 0)).scaleb(-scale(currency))
