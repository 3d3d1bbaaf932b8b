"""Questions to the audit: newest first, by position, each condition by an index; no page counts anything."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from app.accounts import gate
from app.audit.models import AuditEntry
from app.audit.schemas import AuditQuery
from app.audit.sentences import say
from app.core.cursor import decode_cursor, encode_cursor
from app.core.db import db
from app.core.ids import ulid_floor
from app.core.outbox import FACTS
from app.core.present import zone_info

NOBODY = "-"  # no public id looks like this
_companies = sa.table("companies", sa.column("id"), sa.column("slug"), sa.column("name"))


@dataclass(frozen=True)
class Entry:
    """One entry as people read it.

    Attributes:
        changes: Field → {before, after}; empty when the fact tells of none.
        company_slug: Whose it is; the platform's own for flags and breakers.
    """

    id: str
    at: datetime
    type: str
    topic: str
    row_id: str | None
    actor: dict[str, Any]
    data: dict[str, Any]
    reason: str
    request_id: str
    company_slug: str
    company_name: str

    @property
    def who(self) -> str:
        """The name of who did it."""
        return str(self.actor.get("name") or "Somebody")

    @property
    def predicate(self) -> str:
        """What they did."""
        return say(self.type, self.data)

    @property
    def sentence(self) -> str:
        """Both."""
        return f"{self.who} {self.predicate}."

    @property
    def words(self) -> str:
        """The reason in somebody's own words; stock says its reason by a code, which the sentence holds."""
        return "" if self.topic == "inventory" or self.reason in self.predicate else self.reason

    @property
    def changes(self) -> dict[str, dict[str, Any]]:
        """What changed, one form for all features."""
        return changes_of(self.data)


@dataclass(frozen=True)
class AuditPage:
    """One page of entries."""

    entries: list[Entry]
    next_cursor: str | None


def list_entries(wanted: AuditQuery, zone: str = "UTC") -> AuditPage:
    """Return entries, newest first: of this company, or of all on the platform login.

    Args:
        wanted: The conditions.
        zone: Where the days of the conditions begin.
    """
    columns = (AuditEntry, _companies.c.slug, _companies.c.name)
    statement = (
        sa.select(*columns)
        .join(_companies, _companies.c.id == AuditEntry.company_id)
        .where(*conditions(wanted, zone_info(zone)))
        .order_by(AuditEntry.id.desc())
        .limit(wanted.limit + 1)
    )
    found = db.session.execute(statement).all()
    entries = [entry_of(row, slug, name) for row, slug, name in found[: wanted.limit]]
    is_more = len(found) > wanted.limit
    return AuditPage(entries, encode_cursor(entries[-1].id) if is_more else None)


def conditions(wanted: AuditQuery, zone: ZoneInfo) -> list[sa.ColumnElement[bool]]:
    """Return the conditions as SQL. Days are bounds of the id, which begins with its instant."""
    found: list[sa.ColumnElement[bool]] = []
    if wanted.who:
        found.append(AuditEntry.actor_id == public_id_of(wanted.who))
    for column, value in (
        (AuditEntry.topic, wanted.topic),
        (AuditEntry.type, wanted.type),
        (AuditEntry.row_id, wanted.row),
        (AuditEntry.request_id, wanted.request),
    ):
        if value:
            found.append(column == value)
    if wanted.from_ is not None:
        found.append(AuditEntry.id >= ulid_floor(midnight(wanted.from_, zone)))
    if wanted.to is not None:
        found.append(AuditEntry.id < ulid_floor(midnight(wanted.to, zone, days=1)))
    if wanted.q:
        found.append(matches(wanted.q))
    if wanted.after:
        found.append(AuditEntry.id < decode_cursor(wanted.after, AuditEntry.id)[0])
    return found


def matches(text: str) -> sa.ColumnElement[bool]:
    """Return the condition that a text names the object, the request, the person or the entry itself."""
    if "@" in text:
        return AuditEntry.actor_id == public_id_of(text)
    return sa.or_(
        AuditEntry.row_id == text,
        AuditEntry.request_id == text,
        AuditEntry.actor_id == text,
        AuditEntry.id == text,
    )


def public_id_of(who: str) -> str:
    """Return the public id of a person named by it or by their address."""
    if "@" not in who:
        return who
    person = gate.find_user(who)
    return person.public_id if person else NOBODY


def midnight(day: Any, zone: ZoneInfo, *, days: int = 0) -> datetime:  # Any: a date
    """Return when a day begins, some days on; the ends of the calendar stay where they are."""
    try:
        return datetime.combine(day + timedelta(days=days), time(), zone).astimezone(UTC)
    except OverflowError:
        return datetime.combine(day, time(), UTC)


def entry_of(row: AuditEntry | sa.Row[Any], slug: str, name: str) -> Entry:  # Any: the columns of the table
    """Return a row as people read it."""
    return Entry(
        id=row.id, at=row.occurred_at, type=row.type, topic=row.topic, row_id=row.row_id, actor=row.actor,
        data=row.data, reason=row.reason, request_id=row.request_id, company_slug=slug, company_name=name,
    )  # fmt: skip


def changes_of(data: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return field → {before, after}, whichever of the three ways the fact writes it."""
    if isinstance(data.get("before"), dict) and isinstance(data.get("after"), dict):
        before, after = data["before"], data["after"]
        names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
        return {name: {"before": before.get(name), "after": after.get(name)} for name in names}
    changes = data.get("changes")
    found = {name: pair for name, change in changes.items() if (pair := pair_of(change))} if changes else {}
    for name, moved in (data.get("lists") or {}).items():
        found[f"{name} list"] = {"before": joined(moved.get("removed")), "after": joined(moved.get("added"))}
    return found


def pair_of(change: Any) -> dict[str, Any] | None:  # Any: JSON
    """Return {before, after} of one field's change; None when it is not written as one."""
    if isinstance(change, dict) and {"before", "after"} & change.keys():
        return {"before": change.get("before"), "after": change.get("after")}
    if isinstance(change, list) and len(change) == 2:  # noqa: PLR2004 (before, after)
        return {"before": change[0], "after": change[1]}
    return None


def joined(ids: Sequence[str] | None) -> str | None:
    """Return ids on one line; None for none."""
    return ", ".join(map(str, ids)) if ids else None


def topics() -> list[str]:
    """Return the topics that facts belong to."""
    return sorted({fact.topic for fact in FACTS.values() if fact.__module__.startswith("app.")})
