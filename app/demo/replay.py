"""Sends real invoices through the HTTP API, as live orders at a chosen pace."""

import http.client
import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from app.core.ids import new_ulid
from app.orders.imports.files import look_at, open_rows
from app.orders.imports.sales import COLUMNS, Line, read_lines

MAX_LINES = 500
TIMEOUT_S = 30
SAY_EVERY_S = 2.0
SPARE_UNITS = 1000
OK, BUSY, GONE, LIMITED = 201, 409, 404, 429


@dataclass
class Invoice:
    """What one customer bought at once."""

    number: str
    at: datetime
    customer: str
    lines: list[Line] = field(default_factory=list)

    def body(self) -> dict[str, Any]:
        """Return it as the API takes an order."""
        lines = [
            {"sku": line.sku, "quantity": line.quantity, "unitPrice": str(line.unit_price)}
            for line in self.lines[:MAX_LINES]
        ]
        name = f"Customer {self.customer}" if self.customer else "Unnamed customer"
        return {"customer": {"name": name}, "externalRef": self.number, "lines": lines}


def read_invoices(path: Path, limit: int) -> list[Invoice]:
    """Return the first sales of a file; an invoice of more than 500 lines is cut there."""
    found: dict[str, Invoice] = {}
    with open_rows(look_at(path), COLUMNS) as rows:
        for _, line in read_lines(rows):
            if not isinstance(line, Line) or line.kind != "sale":
                continue
            if line.invoice_no not in found:
                if len(found) == limit:
                    break
                found[line.invoice_no] = Invoice(line.invoice_no, line.invoiced_at, line.customer_ref)
            found[line.invoice_no].lines.append(line)
    return sorted(found.values(), key=lambda invoice: invoice.at)


@dataclass
class Result:
    """How it went."""

    sent: int = 0
    refused: int = 0
    seconds: float = 0.0
    codes: Counter[str] = field(default_factory=Counter)

    @property
    def sentence(self) -> str:
        """The result in words."""
        rate = self.sent / self.seconds if self.seconds else 0.0
        said = f"{self.sent:,} orders in {self.seconds:.1f} s, {rate:.1f} a second; {self.refused:,} refused"
        return said + "".join(f"; {code}: {times:,}" for code, times in self.codes.most_common())


class Replay:
    """One connection to one installation."""

    def __init__(self, url: str, token: str, *, say: Callable[[str], None]) -> None:
        parts = urlsplit(url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self.connection = kind(parts.netloc, timeout=TIMEOUT_S)
        self.token, self.say, self.run_id = token, say, new_ulid()
        self.result = Result()

    def run(self, invoices: Sequence[Invoice], *, speed: float) -> Result:
        """Make the items that are missing, then send each invoice when its time comes."""
        self.prepare(invoices)
        started, spoke = time.monotonic(), 0.0
        for invoice in invoices:
            due = started + (invoice.at - invoices[0].at).total_seconds() / speed
            time.sleep(max(0.0, due - time.monotonic()))
            self.send(invoice)
            self.result.seconds = time.monotonic() - started
            if self.result.seconds - spoke > SAY_EVERY_S:
                spoke = self.result.seconds
                self.say(self.result.sentence)
        return self.result

    def prepare(self, invoices: Sequence[Invoice]) -> None:
        """See that every SKU is an item with enough stock."""
        needed: Counter[str] = Counter()
        example: dict[str, Line] = {}
        for line in (line for invoice in invoices for line in invoice.lines):
            needed[line.sku] += line.quantity
            example.setdefault(line.sku, line)
        for place, (sku, units) in enumerate(needed.items(), 1):
            self.stock_up(sku, units, example[sku])
            if place % 200 == 0:
                self.say(f"{place:,} of {len(needed):,} items are ready")

    def stock_up(self, sku: str, units: int, line: Line) -> None:
        """Create an item, or add what it lacks."""
        status, item = self.ask("GET", f"/api/inventory/{quote(sku, safe='')}")
        if status == GONE:
            new = {"sku": sku, "name": line.description or sku, "category": "Replay", "onHand": units + SPARE_UNITS,
                   "unitPrice": str(line.unit_price)}  # fmt: skip
            self.ask("POST", "/api/inventory", new)
        elif status < 300 and item.get("available", 0) < units:  # noqa: PLR2004 (HTTP success)
            delta = units + SPARE_UNITS - item["available"]
            self.ask(
                "POST", f"/api/inventory/{quote(sku, safe='')}/adjustments", {"delta": delta, "reason": "delivery"}
            )

    def send(self, invoice: Invoice) -> None:
        """Place one order; the key makes a repeat harmless."""
        status, answer = self.ask("POST", "/api/orders", invoice.body(), key=f"replay-{self.run_id}-{invoice.number}")
        if status == OK:
            self.result.sent += 1
        else:
            self.result.refused += 1
            self.result.codes[str(answer.get("code", status))] += 1

    def ask(
        self, method: str, path: str, body: dict[str, Any] | None = None, *, key: str | None = None
    ) -> tuple[int, dict[str, Any]]:
        """Send one request; wait and repeat when the limit is used up, once more when the line broke."""
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/json",
            "Idempotency-Key": key or new_ulid(),
        }
        for attempt in count(1):
            try:
                self.connection.request(method, path, json.dumps(body) if body is not None else None, headers)
                response = self.connection.getresponse()
                text = response.read()
            except (OSError, http.client.HTTPException):
                self.connection.close()
                if attempt > 1:
                    raise
                continue
            if response.status != LIMITED:
                return response.status, json.loads(text) if text else {}
            wait_s = int(response.headers.get("Retry-After", "1"))
            self.say(f"The limit of this token is used up; going on in {wait_s} s (tokens create --limit 6000/min)")
            time.sleep(wait_s)
        raise AssertionError("unreachable")
