"""Which facts are news on the overview, and how each is told."""

from dataclasses import dataclass
from datetime import datetime

from app.core.present import plural
from app.overview.reads import Change

TYPES = {
    "orders": ("orders.imported",),
    "inventory": ("inventory.imported", "stock-take.changed"),
    "accounts": ("user.invited", "user.changed", "token.created", "company.changed"),
    "alerts": ("alert.triggered",),
}
USER_WORDS = {
    "created": "A user was added",
    "role": "A user's role changed",
    "deactivated": "A user was deactivated",
    "reactivated": "A user was let in again",
}


@dataclass(frozen=True)
class Told:
    """One line of the list."""

    at: datetime
    text: str
    icon: str
    note: str
    href: str | None = None


def tell(change: Change) -> Told | None:
    """Return how a fact is told; None when it is no news after all."""
    data = change.data
    match change.type:
        case "orders.imported":
            count = whole(data.get("count"))
            return Told(change.at, f"{plural(count, 'order')} imported", "download", change.actor, "/orders")
        case "inventory.imported":
            count = whole(data.get("count"))
            return Told(change.at, f"{plural(count, 'item')} imported", "download", change.actor, "/inventory")
        case "stock-take.changed" if data.get("state") != "open":
            text = f"Stock take {data.get('name')} {data.get('state')}"
            return Told(change.at, text, "circle-check", change.actor)
        case "user.invited":
            return Told(change.at, f"{data.get('email')} invited as {words(data.get('role'))}", "user", change.actor)
        case "user.changed" if str(data.get("change")) in USER_WORDS:
            return Told(change.at, USER_WORDS[str(data["change"])], "user", change.actor)
        case "token.created":
            return Told(change.at, f"API token {data.get('name')} made", "key-round", change.actor)
        case "company.changed":
            return Told(change.at, "The company's settings changed", "sliders-horizontal", change.actor)
        case "alert.triggered":
            return Told(change.at, str(data.get("title")), "triangle-alert", "stock alert", str(data.get("link") or ""))
    return None


def whole(value: object) -> int:
    """Return a count as events carry it."""
    return int(value) if isinstance(value, int | float | str) else 0


def words(value: object) -> str:
    """company_admin -> company admin."""
    return str(value).replace("_", " ")
