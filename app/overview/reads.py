"""What changed: the newest facts that are news to a person, out of the event log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from app.core.db import db

FACTS_LOOKED_AT = 200
SHOWN = 8


@dataclass(frozen=True)
class Change:
    """One fact somebody may want to know of.

    Attributes:
        data: As the event carries it, camelCase.
    """

    type: str
    at: datetime
    actor: str
    data: Mapping[str, object]


# The primary key of the log begins with company and topic, so each inner query is one short walk backwards.
NEWEST = sa.text(
    """SELECT type, occurred_at, actor, data
       FROM unnest(CAST(:topics AS text[])) AS wanted(topic) CROSS JOIN LATERAL (
           SELECT type, occurred_at, actor, data FROM event_log
           WHERE company_id = :company AND topic = wanted.topic AND logged_at > :since
           ORDER BY seq DESC LIMIT :looked_at
       ) newest WHERE type = ANY(:types) ORDER BY occurred_at DESC LIMIT :shown"""
)


def recent_changes(company_id: int, types: Mapping[str, Sequence[str]], since: datetime) -> list[Change]:
    """Return the newest facts of some types, newest first.

    Args:
        company_id: The company; the log's key begins with it.
        types: Topic → types. Of each topic the newest 200 facts are looked at.
        since: Nothing older.
    """
    wanted = [one for names in types.values() for one in names]
    asked = {"company": company_id, "topics": list(types), "since": since, "types": wanted}
    rows = db.session.execute(NEWEST, asked | {"looked_at": FACTS_LOOKED_AT, "shown": SHOWN})
    return [Change(row.type, row.occurred_at, str(row.actor.get("name") or "Quarterdeck"), row.data) for row in rows]
