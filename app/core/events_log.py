"""The event log as readers see it: one order per company and topic, the same for pages, SSE, JSON and sockets.

Sequence numbers have no gaps. A reader holds one position per topic; what follows it is read from here,
never from Valkey, so that losing Valkey loses nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from app.core.db import db
from app.core.ids import CompanyId
from app.core.tenancy import platform_reads

Key = tuple[CompanyId, str]
RECENT = "1 day"
# One SQL expression makes the event as machines read it, so that every road carries the same bytes.
EVENT_JSON = """jsonb_build_object('seq', seq, 'id', event_id, 'type', type, 'time',
    to_char(occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'data', data)"""
COLUMNS = f"company_id, topic, seq, type, event_id, row_id, row_version, user_id, {EVENT_JSON} AS event"


@dataclass(frozen=True, slots=True)
class Logged:
    """One sequenced fact.

    Attributes:
        row_id: The row that changed, as its topic names rows; None when the fact is about many.
        user_id: The only person it is for; None for everyone of the company who may read the topic.
        event: What machines get: seq, id, type, time, data.
    """

    company_id: CompanyId
    topic: str
    seq: int
    type: str
    event_id: str
    row_id: str | None
    row_version: int | None
    user_id: int | None
    event: dict[str, Any]

    @property
    def key(self) -> Key:
        """What sequences are counted by."""
        return self.company_id, self.topic

    @property
    def role(self) -> str | None:
        """The only role it is for, when it is a broadcast to one."""
        role = self.event["data"].get("audienceRole")
        return role if isinstance(role, str) else None

    def is_for(self, user_id: int, role: str) -> bool:
        """Say whether one person of the company may see it."""
        return self.user_id in {None, user_id} and self.role in {None, role}


def read_epoch() -> str:
    """Return the epoch: it changes only when the log is rebuilt, and then every position is void."""
    return str(db.session.execute(sa.text("SELECT epoch FROM event_epoch")).scalar_one())


def read_heads(topics: Iterable[str]) -> tuple[str, dict[str, int]]:
    """Return the epoch and the newest sequence number of each topic (0 when none), inside one company."""
    wanted = list(topics)
    row = db.session.execute(
        sa.text(
            "SELECT (SELECT epoch FROM event_epoch), "
            "(SELECT jsonb_object_agg(topic, seq) FROM topic_heads WHERE topic = ANY(:topics))"
        ),
        {"topics": wanted},
    ).one()
    found: dict[str, int] = row[1] or {}
    return str(row[0]), {topic: found.get(topic, 0) for topic in wanted}


def read_heads_of(keys: Iterable[Key]) -> dict[Key, int]:
    """Return the heads of many companies' topics, on the platform login; a topic without events has 0."""
    wanted = list(keys)
    with platform_reads():
        rows = db.session.execute(
            sa.text(
                "SELECT h.company_id, h.topic, h.seq FROM topic_heads h JOIN "
                "unnest(CAST(:companies AS bigint[]), CAST(:topics AS text[])) AS w(company_id, topic) "
                "ON h.company_id = w.company_id AND h.topic = w.topic"
            ),
            {"companies": [key[0] for key in wanted], "topics": [key[1] for key in wanted]},
        ).all()
    return dict.fromkeys(wanted, 0) | {(CompanyId(company), topic): seq for company, topic, seq in rows}


def read_after(key: Key, after: int, limit: int, head: int | None = None) -> list[Logged]:
    """Return the facts that follow a position, oldest first. Callers have checked the permission.

    The last day is tried first: with 90 daily partitions a read of all of them costs far more to plan
    than to run. It is complete when it starts right behind the position.

    Args:
        key: Company and topic.
        after: The position: the last sequence number already known.
        limit: How many at most.
        head: The topic's head when it is known; nothing is read when the position is there already.
    """
    if head is not None and after >= head:
        return []
    recent = _read(key, after, limit, f"AND logged_at > now() - interval '{RECENT}'")
    if recent and recent[0].seq == after + 1:
        return recent
    return _read(key, after, limit, "")


def _read(key: Key, after: int, limit: int, bound: str) -> list[Logged]:
    with platform_reads():
        rows = db.session.execute(
            sa.text(
                f"SELECT {COLUMNS} FROM event_log WHERE company_id = :company AND topic = :topic "
                f"AND seq > :after {bound} ORDER BY seq LIMIT :limit"
            ),
            {"company": key[0], "topic": key[1], "after": after, "limit": limit},
        ).all()
    return [Logged(*row) for row in rows]


def read_oldest_waiting_s() -> float:
    """Return how long the oldest fact has waited for its sequence number, in seconds: the relay's lag."""
    with platform_reads():
        age = db.session.execute(
            sa.text("SELECT coalesce(extract(epoch FROM clock_timestamp() - min(occurred_at)), 0) FROM outbox")
        ).scalar_one()
    return max(float(age), 0.0)
