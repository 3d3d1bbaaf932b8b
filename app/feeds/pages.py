"""One page of a partner's answer: `{"orders": [...], "next": "cursor"}`, read leniently, judged line by line.

An order: `{"ref", "customer": {"name", "email"?, "ref"?}, "currency"?, "dueAt"?, "lines": [{"sku", "quantity",
"unitPrice"?}]}`. Fields we do not know are passed over, so that a partner can add some.
"""

import json
from dataclasses import dataclass, field
from typing import Any

from pydantic import TypeAdapter, ValidationError

from app.core.errors import Problem
from app.core.money import price_text
from app.feeds.problems import FeedUnreadable
from app.orders.schemas import MAX_SKU, Customer, Price, Quantity

MAX_ORDERS = 1000
MAX_REF = 200
MAX_CURSOR = 500
MAX_SHOWN = 100
QUANTITY: TypeAdapter[Any] = TypeAdapter(Quantity)
PRICE: TypeAdapter[Any] = TypeAdapter(Price)


@dataclass(frozen=True)
class RefusedLine:
    """A line as it was sent, and why it cannot be ordered."""

    line_no: int
    sku: str
    quantity: str
    reason: str


@dataclass
class SentOrder:
    """An order as we understand it.

    Attributes:
        ref: The partner's own name of it.
        lines: Those that can be looked up, by their number.
        wrong: Why the order cannot be placed at all; "" when it can.
    """

    ref: str
    customer: dict[str, Any] = field(default_factory=dict)
    currency: str | None = None
    due_at: str | None = None
    lines: dict[int, dict[str, Any]] = field(default_factory=dict)
    refused: list[RefusedLine] = field(default_factory=list)
    wrong: str = ""


@dataclass(frozen=True)
class FeedPage:
    """One answer.

    Attributes:
        nameless: Orders without a name of their own: nothing can tell a second delivery of them, so none is taken.
        next: Where the next page is; None on the last one.
    """

    orders: list[SentOrder]
    nameless: int
    next: str | None


def read_page(body: bytes) -> FeedPage:
    """Read an answer.

    Raises:
        FeedUnreadable: It is no such page.
    """
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise FeedUnreadable(reason="It is not JSON.") from None
    if not isinstance(found, dict) or not isinstance(found.get("orders"), list):
        raise FeedUnreadable(reason='It has no list called "orders".')
    if len(found["orders"]) > MAX_ORDERS:
        raise FeedUnreadable(reason=f"A page holds more than {MAX_ORDERS} orders.")
    after = found.get("next")
    if after is not None and not (isinstance(after, str) and 0 < len(after) <= MAX_CURSOR and after.isprintable()):
        raise FeedUnreadable(reason=f'"next" is neither null nor a text of 1 to {MAX_CURSOR} characters.')
    orders = [read_order(one) for one in found["orders"]]
    known = [one for one in orders if one is not None]
    return FeedPage(known, len(orders) - len(known), after)


def read_order(sent: Any) -> SentOrder | None:  # Any: JSON from outside
    """Return an order; None for one without a usable name."""
    ref = sent.get("ref") if isinstance(sent, dict) else None
    if isinstance(ref, int) and not isinstance(ref, bool):
        ref = str(ref)
    if not isinstance(ref, str) or not 0 < len(ref.strip()) <= MAX_REF or "\x00" in ref:
        return None
    order = SentOrder(ref.strip())
    try:
        order.customer = Customer.model_validate(pick(sent.get("customer"), "name", "email", "ref")).model_dump()
    except ValidationError:
        order.wrong = "It does not say who ordered: customer.name is missing or cannot be used."
    order.currency = text_or_none(sent.get("currency"))
    order.due_at = text_or_none(sent.get("dueAt"))
    lines = sent.get("lines")
    if not isinstance(lines, list) or not lines:
        order.wrong = order.wrong or "It has no lines."
        return order
    for line_no, line in enumerate(lines, start=1):
        read_line(order, line_no, line if isinstance(line, dict) else {})
    return order


def read_line(order: SentOrder, line_no: int, line: dict[str, Any]) -> None:
    """Put a line to those that can be looked up, or to the refused ones."""
    sku, quantity, price = line.get("sku"), line.get("quantity"), line.get("unitPrice")
    try:
        if not isinstance(sku, str) or not 0 < len(sku) <= MAX_SKU or "\x00" in sku:
            raise ValueError("It has no SKU that can be used.")
        units = QUANTITY.validate_python(quantity)
        cost = None if price is None else price_text(PRICE.validate_python(price))
    except (ValueError, Problem) as error:
        reason = _reason(error)
        order.refused.append(RefusedLine(line_no, shown(sku), shown(quantity), reason))
        return
    order.lines[line_no] = {"sku": sku, "quantity": units} | ({} if cost is None else {"unitPrice": cost})


def _reason(error: Exception) -> str:
    if isinstance(error, ValidationError):
        said = str(error.errors()[0]["msg"]).removeprefix("Value error, ")
        return said if said.endswith(".") else f"{said}."
    return error.sentence if isinstance(error, Problem) else str(error)


def pick(sent: Any, *names: str) -> Any:  # Any: JSON from outside
    """Return these fields of an object, and anything that is no object as it is."""
    return {name: sent[name] for name in names if sent.get(name) is not None} if isinstance(sent, dict) else sent


def text_or_none(sent: Any) -> str | None:  # Any: JSON from outside
    """Return a text; anything else as its JSON, to be refused by whoever reads it."""
    return None if sent is None else sent if isinstance(sent, str) else json.dumps(sent)[:MAX_SHOWN]


def shown(sent: Any) -> str:  # Any: JSON from outside
    """Return what was sent as a refusal shows it."""
    text = sent if isinstance(sent, str) else "" if sent is None else json.dumps(sent)
    return text.replace("\x00", "")[:MAX_SHOWN]
