"""Accounting for a file: every line is in exactly one class, and the sums are exact."""

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from app.orders.imports.problems import TooManyBadLines
from app.orders.imports.sales import KINDS, Line, Skip

EXACT = Decimal("0.0001")
MAX_SKIPS = 20_000
SHOWN_SKIPS = 200
# Which kind an invoice is of when its lines differ: goods sold make it a sale.
RANK = {"sale": 0, "return": 1, "adjustment": 2, "write-off": 3}
WORDS = {
    "sale": "Sales", "free": "Free of charge", "return": "Returns", "write-off": "Write-offs",
    "adjustment": "Adjustments", "skipped": "Skipped",
}  # fmt: skip


def invoice_kind(line_kind: str) -> str:
    """Return the kind of invoice a line makes: goods given free are sold for nothing."""
    return "sale" if line_kind == "free" else line_kind


@dataclass
class Tally:
    """What a file holds, counted while it is read."""

    line_count: int = 0
    lines: Counter[str] = field(default_factory=Counter)
    amounts: dict[str, Decimal] = field(default_factory=lambda: dict.fromkeys(KINDS, Decimal(0)))
    invoices: dict[str, str] = field(default_factory=dict)
    reasons: Counter[str] = field(default_factory=Counter)
    first_skips: list[Skip] = field(default_factory=list)

    def add(self, found: Line | Skip) -> None:
        """Count one line of the file.

        Raises:
            TooManyBadLines: This is not the file somebody meant to bring.
        """
        self.line_count += 1
        if isinstance(found, Skip):
            self._skip(found)
            return
        self.lines[found.kind] += 1
        self.amounts[found.kind] += found.quantity * found.unit_price
        kind, known = invoice_kind(found.kind), self.invoices.get(found.invoice_no)
        if known is None or RANK[kind] < RANK[known]:
            self.invoices[found.invoice_no] = kind

    def _skip(self, skip: Skip) -> None:
        self.reasons[skip.reason] += 1
        if len(self.first_skips) < SHOWN_SKIPS:
            self.first_skips.append(skip)
        if self.reasons.total() > MAX_SKIPS:
            first = self.first_skips[0]
            raise TooManyBadLines(limit=MAX_SKIPS, line=first.line_no, reason=first.reason)

    @property
    def total(self) -> Decimal:
        """Σ quantity × unit price of all lines that could be read."""
        return sum(self.amounts.values(), Decimal(0))

    @property
    def order_total(self) -> Decimal:
        """The same of the lines that become orders."""
        return self.amounts["sale"] + self.amounts["free"] + self.amounts["return"]

    def classes(self) -> list[dict[str, Any]]:
        """Return lines, invoices and exact amount by class; `free` lines stand on invoices of sales."""
        invoices = Counter(self.invoices.values())
        return [
            {
                "kind": kind,
                "label": WORDS[kind],
                "lines": self.lines[kind],
                "invoices": None if kind == "free" else invoices[kind],
                "amount": str(self.amounts[kind].quantize(EXACT)),
            }
            for kind in KINDS
        ]

    def skipped(self) -> dict[str, Any]:
        """Return how many lines were left out, why, and the first of them."""
        return {
            "lines": self.reasons.total(),
            "reasons": [{"reason": reason, "lines": count} for reason, count in self.reasons.most_common()],
            "first": [skip._asdict() for skip in self.first_skips],
        }

    def summary(self) -> dict[str, Any]:
        """Return the part of the report that the file alone decides."""
        return {
            "lines": self.line_count,
            "invoices": len(self.invoices),
            "total": str(self.total.quantize(EXACT)),
            "classes": self.classes(),
            "skipped": self.skipped(),
        }


def grouped(amount: str) -> str:
    """Return an exact amount as people read it: `4,064,726.5910`, with a true minus."""
    return f"{Decimal(amount):,}".replace("-", "−")


def as_text(report: dict[str, Any], currency: str) -> str:
    """Return the report as a terminal shows it."""
    rows = [f"{'':16}{'lines':>12}{'invoices':>12}{'quantity × price, ' + currency:>28}"]
    for one in report["classes"]:
        invoices = "" if one["invoices"] is None else f"{one['invoices']:,}"
        rows.append(f"{one['label']:16}{one['lines']:>12,}{invoices:>12}{Decimal(one['amount']):>28,}")
    rows.append(f"{WORDS['skipped']:16}{report['skipped']['lines']:>12,}")
    rows.append(f"{'Total':16}{report['lines']:>12,}{report['invoices']:>12,}{Decimal(report['total']):>28,}")
    rows += [""] + sentences(report, currency)
    rows += [f"  line {one['line_no']:,}: {one['reason']}" for one in report["skipped"]["first"]]
    return "\n".join(rows)


def sentences(report: dict[str, Any], currency: str) -> list[str]:
    """Return what else people should know, a sentence each."""
    made = report["orders"]
    said = [
        f"{made['created']:,} orders were created; {made['known']:,} were there from an earlier run.",
        f"Σ of their order totals is {Decimal(made['total']):,} {currency}: {Decimal(made['rounding']):+,} by rounding lines.",
        f"{report['newLines']:,} lines are new; {report['knownLines']:,} were imported before.",
        f"{report['itemsCreated']:,} items were created with no stock; stock on hand was not changed.",
        f"{report['linkedReturns']:,} returns were linked to the one order they can belong to.",
    ]
    if report["changedLines"]:
        said.append(
            f"{report['changedLines']:,} lines differ from what was imported before; the earlier ones were kept."
        )
    if report["lateLines"]:
        said.append(f"{report['lateLines']:,} lines belong to invoices that are orders already; they were left out.")
    return [*said, *report["notes"]]
