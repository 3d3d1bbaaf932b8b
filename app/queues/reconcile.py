"""Finding jobs that were sent and not begun, or whose worker is gone: each with its evidence, and rung again.

The relay looks every 15 s. It changes only when a job is rung: claiming is exact, so a ring too many costs a message.
What stands in the broker is not rung twice: its next ring moves on.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog

from app.core import clock
from app.core.db import db, transaction
from app.core.jobs import job_outbox
from app.core.redis import RedisAway, request_redis
from app.core.tenancy import system_work
from app.queues.evidence import BEGIN_WITHIN_S, Verdict, judge, lines_of, look_at_broker, sent_at

EVERY_S = 15.0
MOST = 1000
KEPT, KEPT_KEY, KEPT_FOR_S = 200, "reconciled", 24 * 3600
RUNG = frozenset({Verdict.LOST, Verdict.STRANDED, Verdict.LEASE_OUT})

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Finding:
    """A job that was not where its row says.

    Attributes:
        at: RFC 3339.
        evidence: Sentences.
    """

    job_id: str
    company_id: int
    name: str
    queue: str
    verdict: str
    evidence: Sequence[str]
    at: str

    @property
    def found_at(self) -> datetime:
        """When it was found."""
        return datetime.fromisoformat(self.at)


def reconcile() -> list[Finding]:
    """Look at every job that was sent a while ago or whose lease ran out; ring what is lost, and return it."""
    now = clock.now()
    rows = _suspects(now)
    if not rows:
        return []
    look = look_at_broker(sorted({row.queue for row in rows}))
    judged = [(row, judge(row, look, now)) for row in rows]
    lost = [row for row, verdict in judged if verdict in RUNG]
    # What was begun, ended or sent again while we looked is none of ours: only who is still there was found lost.
    found = _set_ring([row for row in lost if row.phase == "sent"], now)
    found |= _still_out([row for row in lost if row.phase == "running"])
    _set_ring([row for row, verdict in judged if verdict is Verdict.IN_BROKER], now + timedelta(seconds=2 * EVERY_S))
    findings = [
        Finding(
            row.job_id, row.company_id, row.name, row.queue, verdict.value, lines_of(row, look, now), clock.rfc3339(now)
        )
        for row, verdict in judged
        if verdict in RUNG and row.job_id in found
    ]
    if findings:
        log.warning("jobs rung again", **Counter(one.verdict for one in findings))
        keep(findings)
    return findings


def recent_findings() -> list[Finding] | None:
    """Return what was found lost in the last day, newest first, 200 at most; None when Valkey is away."""
    try:
        kept: list[bytes] = request_redis().run(lambda client: client.lrange(KEPT_KEY, 0, KEPT - 1))  # type: ignore[arg-type,return-value]
    except RedisAway:
        return None
    return [Finding(**json.loads(one)) for one in kept]


def keep(findings: Sequence[Finding]) -> None:
    """Remember what was found, for the page of reliability. A Valkey that is away forgets it; the log does not."""

    def push(client: Any) -> None:  # Any: redis-py's client
        pipe = client.pipeline(transaction=False)
        pipe.lpush(KEPT_KEY, *(json.dumps(asdict(one)) for one in findings[:KEPT]))
        pipe.ltrim(KEPT_KEY, 0, KEPT - 1)
        pipe.expire(KEPT_KEY, KEPT_FOR_S)
        pipe.execute()

    try:
        request_redis().run(push)
    except RedisAway:
        log.info("findings not kept", count=len(findings))


def _suspects(now: datetime) -> list[sa.Row[Any]]:  # Any: the columns of job_outbox
    """Return what was sent a while ago, or runs on a lease that has run out."""
    living = job_outbox.c
    is_sent = sa.and_(living.phase == "sent", living.due_at > now)
    is_out = sa.and_(living.phase == "running", living.due_at <= now)
    statement = sa.select(job_outbox).where(sa.or_(is_sent, is_out), living.phase.in_(["sent", "running"]))
    with system_work(), transaction():
        rows = db.session.execute(statement.order_by(living.due_at).limit(MOST)).all()
    return [row for row in rows if row.phase == "running" or _is_old(row, now)]


def _is_old(row: sa.Row[Any], now: datetime) -> bool:
    return (now - sent_at(row)).total_seconds() >= BEGIN_WITHIN_S


def _set_ring(rows: Sequence[sa.Row[Any]], at: datetime) -> set[str]:
    """Ring jobs at another time, unless they were begun or rung meanwhile; return the ids of those that were not."""
    if not rows:
        return set()
    ring = sa.update(job_outbox).where(_unchanged(rows), job_outbox.c.phase == "sent").values(due_at=at)
    with system_work(), transaction():
        return set(db.session.scalars(ring.returning(job_outbox.c.job_id)))


def _still_out(rows: Sequence[sa.Row[Any]]) -> set[str]:
    """Return the ids of those whose lease was not extended meanwhile, and that have not ended."""
    if not rows:
        return set()
    with system_work(), transaction():
        return set(db.session.scalars(sa.select(job_outbox.c.job_id).where(_unchanged(rows))))


def _unchanged(rows: Sequence[sa.Row[Any]]) -> sa.ColumnElement[bool]:
    living = job_outbox.c
    return sa.tuple_(living.company_id, living.job_id, living.due_at).in_(
        [(row.company_id, row.job_id, row.due_at) for row in rows]
    )
