"""An order's history in words: events, notes, and the times kept on the order itself.

Events are kept for some weeks only, and the newest may be milliseconds away from the log. Notes and times stay with
the order, so they fill what the log does not hold.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from app.core.money import to_minor
from app.core.present import format_money, plural
from app.orders.looks import look_of
from app.orders.models import Order, OrderNote
from app.orders.reads import TimelineRow
from app.orders.states import STEPS, OrderState

FIELD_WORDS = {
    "customer_name": "customer", "customer_email": "e-mail", "customer_ref": "customer reference", "due_at": "ship by",
    "external_ref": "reference", "lines": "lines", "returnedUnits": "returned units", "cancelledUnits": "cancelled units",
    "customerName": "customer", "customerEmail": "e-mail", "customerRef": "customer reference", "dueAt": "ship by",
    "externalRef": "reference",
}  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """One entry of the log."""

    at: datetime
    text: str
    icon: str
    tone: str = ""
    note: str | None = None
    quote: str | None = None
    changes: dict[str, Any] | None = None


def story_of(order: Order, rows: Sequence[TimelineRow], notes: Sequence[OrderNote]) -> list[Entry]:
    """Return an order's history, newest first."""
    entries = [_entry(row, order.currency) for row in rows]
    told = {row.data["noteNo"] for row in rows if row.data.get("noteNo")}
    entries += [
        Entry(note.created_at, f"{note.author} added a note", "user", "good", quote=note.text)
        for note in notes
        if note.note_no not in told
    ]
    entries += _untold_states(order, rows)
    return sorted(entries, key=lambda entry: entry.at, reverse=True)


def _untold_states(order: Order, rows: Sequence[TimelineRow]) -> list[Entry]:
    told = {row.data["to"] for row in rows if row.type == "order.status-changed"}
    told |= {OrderState.PLACED.value for row in rows if row.type == "order.created"}
    return [
        Entry(at, look_of(state).word, look_of(state).icon, _tone(state))
        for state in OrderState
        if state not in told and (at := getattr(order, f"{state.value}_at")) is not None
    ]


def _entry(row: TimelineRow, currency: str) -> Entry:
    who = str(row.actor.get("name", ""))
    note = f"{who} · version {row.version} · event {row.seq:,}"
    data = row.data
    match row.type:
        case "order.created":
            total, units = money_text(data["total"], data["currency"]), plural(data["unitCount"], "unit")
            return Entry(row.time, f"Placed, {units} for {total}", "circle-dashed", note=note)
        case "order.status-changed":
            look = look_of(data["to"])
            return Entry(row.time, look.word, look.icon, _tone(data["to"]), note, data.get("reason"))
        case "order.shipped":
            units = plural(sum(line["quantity"] for line in data["lines"]), "unit")
            tracking = f", {data['trackingNumber']}" if data.get("trackingNumber") else ""
            return Entry(
                row.time,
                f"Parcel {data['shipmentNo']} left with {data['carrier']}{tracking}: {units}",
                "package",
                "run",
                note,
            )
        case "order.updated" if data.get("noteNo"):
            return Entry(row.time, f"{who} added a note", "user", "good", note, data.get("note"))
        case "order.updated":
            changes = changes_in_words(data.get("changes") or {}, currency)
            return Entry(row.time, f"Changed {', '.join(changes)}", "pencil", "", note, data.get("note"), changes)
    return Entry(row.time, row.type, "circle-dot", note=note)


def changes_in_words(changes: dict[str, Any], currency: str) -> dict[str, dict[str, Any]]:
    """Return what changed with the words and figures people read, lists joined."""

    def text(name: str, value: Any) -> Any:  # Any: whatever a fact holds
        if name == "total" and value is not None:
            return money_text(value, currency)
        return "; ".join(value) if isinstance(value, list) else value

    return {
        FIELD_WORDS.get(name, name): {side: text(name, value) for side, value in pair.items()}
        for name, pair in changes.items()
    }


def money_text(amount: str, currency: str) -> str:
    """Return an amount of a fact as pages write it: `£25.00`."""
    return format_money(to_minor(Decimal(amount), currency), currency)


def _tone(state: str) -> str:
    return {
        "delivered": "good",
        "paid": "good",
        "packed": "run",
        "shipped": "run",
        "returned": "warn",
        "cancelled": "warn",
    }.get(state, "")


def order_steps(order: Order, *, is_late: bool) -> list[dict[str, Any]]:
    """Return the five steps with their times; a cancelled or returned order ends with that instead."""
    steps = []
    ended = order.state in {OrderState.CANCELLED, OrderState.RETURNED}
    for state in STEPS:
        at = getattr(order, f"{state.value}_at")
        if at is None and ended:
            continue
        steps.append({"label": look_of(state).word, "at": at, "tone": "done" if at else "todo", "current": False})
    if ended:
        steps.append({"label": look_of(order.state).word, "at": order.updated_at, "tone": "done", "current": True})
        return steps
    upcoming = next((step for step in steps if step["at"] is None), None)
    if upcoming is not None:
        upcoming |= {"current": True, "tone": "late" if is_late else "todo"}
    return steps
