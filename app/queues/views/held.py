"""What people hold, as pages name it."""

from dataclasses import dataclass
from datetime import datetime

from app.accounts import reads as accounts
from app.queues.service import pauses


@dataclass(frozen=True)
class HeldView:
    """One pause.

    Attributes:
        label: The queue, the job name, or the company's name.
        by: Who paused it.
    """

    id: str
    kind: str
    value: str
    label: str
    by: str
    reason: str
    since: datetime
    until: datetime | None


def list_held() -> list[HeldView]:
    """Return every pause, the oldest first."""
    found = pauses.list_pauses()
    slugs = [one.value for one in found if one.kind == "company"]
    names = accounts.names_of_companies(slugs) if slugs else {}
    return [
        HeldView(
            one.id, one.kind, one.value, names.get(one.value, one.value) if one.kind == "company" else one.value,
            str(one.actor.get("name", "")), one.reason, one.since, one.until,
        )
        for one in found
    ]  # fmt: skip
