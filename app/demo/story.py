"""Ninety days of one company, lived through event by event, so that stock, ledger and orders agree at the end."""

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import accumulate
from random import Random

from app.demo.cast import CANCEL_REASONS, CARRIERS, FIRST, LAST, NOTES, PRACTICES
from app.demo.catalogue import Ware
from app.demo.season import order_times, working

STARVED_DAYS = 12  # some items get nothing new in the last days: they are low or out today
PENNY = Decimal(1)


@dataclass
class Stock:
    """An item's stock, as the story goes on."""

    ware: Ware
    item_no: int
    on_hand: int
    reorder_point: int
    reserved: int = 0
    version: int = 1
    changed_at: datetime | None = None

    @property
    def free(self) -> int:
        """Units that can be promised."""
        return self.on_hand - self.reserved


@dataclass
class Move:
    """An entry of the ledger."""

    stock: Stock
    kind: str
    delta: int
    after: int
    at: datetime
    reason: str
    order: int | None = None


@dataclass
class Line:
    """A line of an order."""

    stock: Stock
    quantity: int
    amount: int
    reserved: int
    shipped: int = 0
    returned: int = 0


@dataclass
class Tale:
    """An order."""

    number: int
    customer: str
    email: str | None
    at: datetime
    lines: list[Line]
    state: str = "placed"
    times: dict[str, datetime] = field(default_factory=dict)
    parcels: list[tuple[datetime, str, str, dict[int, int]]] = field(default_factory=list)
    notes: list[tuple[datetime, str]] = field(default_factory=list)
    reasons: dict[str, str] = field(default_factory=dict)
    version: int = 1

    def enter(self, state: str, at: datetime) -> None:
        """Go to a state."""
        self.state, self.times[state] = state, at
        self.version += 1

    @property
    def changed_at(self) -> datetime:
        """When it last changed."""
        return max([self.at, *self.times.values(), *(at for at, *_ in self.parcels), *(at for at, _ in self.notes)])


@dataclass
class Story:
    """All that happened."""

    stocks: list[Stock] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
    tales: list[Tale] = field(default_factory=list)


Act = Callable[[datetime], None]


class Teller:
    """Lives through the days with a queue of what comes next."""

    def __init__(self, wares: Sequence[Ware], *, seed: str, now: datetime, per_day: float, is_trade: bool) -> None:
        self.rng = Random(seed)  # noqa: S311 (a demonstration, the same each time)
        self.now, self.per_day, self.is_trade = now, per_day, is_trade
        self.story = Story()
        self.queue: list[tuple[datetime, int, Act]] = []
        self.turn = 0
        self.open_stock(wares)
        self.sold = [stock for stock in self.story.stocks if stock.ware.weight]
        self.weights = list(accumulate(stock.ware.weight for stock in self.sold))
        self.starved = set(self.rng.sample(range(len(self.sold)), len(self.sold) // 7))

    def tell(self) -> Story:
        """Tell the whole story up to now."""
        for at in order_times(self.rng, now=self.now, per_day=self.per_day):
            self.later(at, self.place)
        for day in range(90):
            self.later((self.now - timedelta(days=90 - day)).replace(hour=6, minute=20), self.restock)
        while self.queue:
            at, _, act = heapq.heappop(self.queue)
            act(at)
        return self.story

    def later(self, at: datetime, act: Act) -> None:
        """Let something happen, unless it lies in the future."""
        if at < self.now:
            self.turn += 1
            heapq.heappush(self.queue, (at, self.turn, act))

    def open_stock(self, wares: Sequence[Ware]) -> None:
        """Fill the shelves."""
        start = (self.now - timedelta(days=91)).replace(hour=7, minute=0, second=0, microsecond=0)
        for item_no, ware in enumerate(wares):
            daily = self.per_day * 2.2 * ware.weight * (1 + ware.pack) / 2 / sum(one.weight for one in wares)
            point = 0 if ware.is_asset else max(2, round(daily * 4))
            units = self.rng.randint(1, 3) if ware.is_asset else point * 3 + self.rng.randint(2, 12)
            stock = Stock(ware, item_no, 0, point)
            self.story.stocks.append(stock)
            self.move(stock, "opening", units, start, "opening stock")

    def move(self, stock: Stock, kind: str, delta: int, at: datetime, reason: str, order: int | None = None) -> None:
        """Change the stock and write it down."""
        stock.on_hand += delta
        self.touch(stock, at)
        self.story.moves.append(Move(stock, kind, delta, stock.on_hand, at, reason, order))

    def touch(self, stock: Stock, at: datetime) -> None:
        """Count a change of an item."""
        stock.version += 1
        stock.changed_at = at

    def restock(self, at: datetime) -> None:
        """Take in what was ordered for items that run low, but for those that are to be short today."""
        is_late = self.now - at < timedelta(days=STARVED_DAYS)
        for place, stock in enumerate(self.sold):
            if stock.free <= stock.reorder_point * 1.5 and not (is_late and place in self.starved):
                self.move(stock, "adjustment", stock.reorder_point * 3 + self.rng.randint(1, 9), at, "delivery")

    def place(self, at: datetime) -> None:
        """Place an order of what is on the shelf."""
        lines = self.choose_lines(at)
        if not lines:
            return
        name = self.rng.choice(FIRST) + " " + self.rng.choice(LAST)
        customer = self.rng.choice(PRACTICES) if self.is_trade else name
        email = None if self.rng.random() < 0.2 else f"{name.lower().replace(' ', '.')}@example.test"  # noqa: PLR2004
        tale = Tale(len(self.story.tales) + 1, customer, email, at, lines)
        self.story.tales.append(tale)
        if self.rng.random() < 0.05:  # noqa: PLR2004 (a share)
            tale.notes.append((at + timedelta(minutes=4), self.rng.choice(NOTES)))
            tale.version += 1
        minutes = self.rng.choice((0, 1, 2, 5, 30, 90, 400))
        if self.rng.random() < 0.03:  # noqa: PLR2004 (a share)
            self.later(at + timedelta(hours=self.rng.randint(1, 30)), lambda when: self.cancel(tale, when))
        elif self.rng.random() > 0.01:  # noqa: PLR2004 (a few are never paid)
            self.later(at + timedelta(minutes=minutes), lambda when: self.pay(tale, when))

    def choose_lines(self, at: datetime) -> list[Line]:
        """Choose what is ordered; what is not there is not promised."""
        lines: dict[str, Line] = {}
        for stock in self.rng.choices(self.sold, cum_weights=self.weights, k=self.rng.choice((1, 1, 2, 2, 3, 4))):
            units = min(self.rng.randint(1, stock.ware.pack), stock.free)
            if units < 1 or stock.ware.sku in lines:
                continue
            stock.reserved += units
            self.touch(stock, at)
            amount = int((stock.ware.price * 100 * units).quantize(PENNY, ROUND_HALF_UP))
            lines[stock.ware.sku] = Line(stock, units, amount, units)
        return list(lines.values())

    def pay(self, tale: Tale, at: datetime) -> None:
        """The money is there; packing follows, sometimes too late."""
        tale.enter("paid", at)
        hours = self.rng.uniform(30, 60) if self.rng.random() < 0.03 else self.rng.uniform(0.5, 7)  # noqa: PLR2004 (a share)
        self.later(working(at + timedelta(hours=hours)), lambda when: self.pack(tale, when))

    def pack(self, tale: Tale, at: datetime) -> None:
        """It lies ready."""
        tale.enter("packed", at)
        self.later(working(at + timedelta(hours=self.rng.uniform(0.5, 5))), lambda when: self.ship(tale, when))

    def ship(self, tale: Tale, at: datetime) -> None:
        """A parcel leaves; now and then only part of it."""
        is_part = len(tale.lines) > 1 and not tale.parcels and self.rng.random() < 0.03  # noqa: PLR2004 (a share)
        leaving = tale.lines[:-1] if is_part else tale.lines
        units = {place: line.reserved for place, line in enumerate(leaving, 1) if line.reserved}
        for line in leaving:
            line.stock.reserved -= line.reserved
            self.move(line.stock, "shipment", -line.reserved, at, "shipped", tale.number) if line.reserved else None
            line.shipped, line.reserved = line.shipped + line.reserved, 0
        carrier, head, tail = self.rng.choice(CARRIERS)
        tale.parcels.append((at, carrier, f"{head}{self.rng.randrange(10**9):09d}{tail}", units))
        if is_part:
            tale.version += 1
            self.later(working(at + timedelta(days=self.rng.randint(1, 3))), lambda when: self.ship(tale, when))
            return
        tale.enter("shipped", at)
        self.later(working(at + timedelta(days=self.rng.randint(1, 3), hours=3)), lambda when: self.deliver(tale, when))

    def deliver(self, tale: Tale, at: datetime) -> None:
        """It arrived; a few come back."""
        tale.enter("delivered", at)
        if self.rng.random() < 0.025:  # noqa: PLR2004 (a share)
            self.later(working(at + timedelta(days=self.rng.randint(2, 9))), lambda when: self.take_back(tale, when))

    def take_back(self, tale: Tale, at: datetime) -> None:
        """All of it comes back to the shelf."""
        for line in tale.lines:
            self.move(line.stock, "return", line.shipped, at, "returned", tale.number)
            line.returned = line.shipped
        tale.enter("returned", at)

    def cancel(self, tale: Tale, at: datetime) -> None:
        """Nobody wants it any more; its stock is free again."""
        for line in tale.lines:
            line.stock.reserved -= line.reserved
            self.touch(line.stock, at)
            line.reserved = 0
        tale.reasons["cancelled"] = self.rng.choice(CANCEL_REASONS)
        tale.enter("cancelled", at)
