"""Where what an entry is about can be looked at."""

from dataclasses import dataclass
from typing import Any

from flask import current_app

from app.audit.reads import Entry


@dataclass(frozen=True)
class Kind:
    """How the objects of a topic are found.

    Attributes:
        parameter: What the endpoint calls the object.
        noun: What people call it.
        field: The fact's field that names it, when it is not the row's id.
    """

    endpoint: str
    parameter: str
    noun: str
    field: str | None = None
    is_number: bool = False


@dataclass(frozen=True)
class Link:
    """An address with its words."""

    href: str
    label: str


KINDS = {
    "orders": Kind("orders.show_order", "number", "order", is_number=True),
    "inventory": Kind("inventory.show_item", "sku", "item", field="sku"),
    "jobs": Kind("jobs.show_job", "job_id", "job"),
    "account-jobs": Kind("jobs.show_job", "job_id", "job"),
    "flags": Kind("flags.show_flag", "key", "flag"),
    "breakers": Kind("breakers.show_breaker", "name", "breaker"),
}
OF_INSTALLATION = {"flags", "breakers"}
REVERTIBLE = {"flag.changed", "flag.archived"}


def link_of(entry: Entry) -> Link | None:
    """Return where what an entry is about is shown; None when it has no page."""
    kind = KINDS.get(entry.topic)
    if kind is None or kind.endpoint not in current_app.view_functions:
        return None
    value = str((entry.data.get(kind.field) if kind.field else entry.row_id) or "")
    if not value or (kind.is_number and not value.isdigit()):
        return None
    values: dict[str, Any] = {kind.parameter: int(value) if kind.is_number else value}
    return Link(current_app.url_for(kind.endpoint, **values), label(kind, value))


def label(kind: Kind, value: str) -> str:
    """Return what people call it; a job's id says nothing."""
    return kind.noun.capitalize() if kind.noun == "job" else f"{kind.noun.capitalize()} {value}"


def undo_of(entry: Entry) -> str | None:
    """Return the address that takes a change of a flag back; None for what is not taken back from here."""
    change = entry.data.get("change")
    if (
        entry.type not in REVERTIBLE
        or not isinstance(change, str)
        or "flags.revert_version" not in current_app.view_functions
    ):
        return None
    return current_app.url_for("flags.revert_version", key=entry.row_id, version_id=change)


def is_installation(entry: Entry) -> bool:
    """Say whether it is about what belongs to no company: its page needs none to be chosen."""
    return entry.topic in OF_INSTALLATION
