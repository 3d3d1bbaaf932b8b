"""How full the queues are, looked at every five seconds and kept by the minute.

Nothing here counts jobs: it reads job_outbox, which holds living jobs only, in the order of what is due, and stops at a bound.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from app.core import clock
from app.core.broker import QUEUES
from app.core.context import SYSTEM_ACTOR, acting_as
from app.core.db import db, transaction
from app.core.installation import installation, installation_id
from app.core.jobs.holds import Hold
from app.core.jobs.limits import settings_of
from app.core.outbox import record
from app.core.tenancy import system_work
from app.queues.figures.events import QueueFellBehind, QueueRecovered
from app.queues.figures.fold import minute_of, newest_minute
from app.queues.figures.gaps import catch_up, fold_recent
from app.queues.figures.held import Standing, standings
from app.queues.figures.models import QueueSample
from app.queues.figures.totals import keep_totals
from app.queues.news import tell_admins

EVERY_S = 5.0
COUNT_BOUND = 10_000
TELL_AFTER = timedelta(minutes=2)

# One short walk along an index for each figure of each queue. What was sent waits, too: no worker has begun it.
# What is held while the rest of its queue flows is left out: it keeps nobody from the target.
LOOK = sa.text(
    """
    WITH held AS MATERIALIZED (
      SELECT * FROM jsonb_to_recordset(CAST(:held AS jsonb)) AS h(queue text, company_id bigint, name text))
    SELECT q.queue, coalesce(w.n, 0) AS due, coalesce(f.sent, 0) AS sent, coalesce(f.running, 0) AS running,
           least(w.oldest, f.oldest) AS oldest, coalesce(o.n, 0) + coalesce(f.overdue, 0) AS overdue
    FROM jsonb_to_recordset(CAST(:targets AS jsonb)) AS q(queue text, target_s integer)
    CROSS JOIN LATERAL (
      SELECT count(*) AS n, min(due_at) AS oldest
      FROM (SELECT due_at FROM job_outbox WHERE phase = 'waiting' AND queue = q.queue AND due_at <= :now
            AND (queue, company_id, name) NOT IN (SELECT queue, company_id, name FROM held)
            ORDER BY due_at LIMIT :bound) first) w
    CROSS JOIN LATERAL (
      SELECT count(*) AS n
      FROM (SELECT 1 FROM job_outbox WHERE phase = 'waiting' AND queue = q.queue
            AND due_at <= CAST(:now AS timestamptz) - make_interval(secs => q.target_s)
            AND (queue, company_id, name) NOT IN (SELECT queue, company_id, name FROM held) LIMIT :bound) late) o
    CROSS JOIN LATERAL (
      SELECT count(*) FILTER (WHERE phase = 'sent') AS sent, count(*) FILTER (WHERE phase = 'running') AS running,
             min(queued_at) FILTER (WHERE phase = 'sent') AS oldest,
             count(*) FILTER (WHERE phase = 'sent'
                              AND queued_at <= CAST(:now AS timestamptz) - make_interval(secs => q.target_s)) AS overdue
      FROM (SELECT phase, queued_at FROM job_outbox WHERE phase IN ('sent', 'running') AND queue = q.queue
            LIMIT :bound) flying) f
    """
)


@dataclass(frozen=True)
class Look:
    """How full one queue is at this moment."""

    queue: str
    waiting: int
    oldest_s: float | None
    overdue: int
    running: int
    target_s: int


def look(now: datetime, held: Mapping[str, Standing] | None = None) -> list[Look]:
    """Return how full every queue is, over all companies. In the system's scope.

    Args:
        now: When.
        held: Queue → what is held of it, which is left out.
    """
    targets = {queue: settings_of(queue).target_wait_s for queue in QUEUES}
    wanted = json.dumps([{"queue": queue, "target_s": target} for queue, target in targets.items()])
    parts = [asdict(part.kind) for one in (held or {}).values() for part in one.parts]
    values = {"targets": wanted, "held": json.dumps(parts), "now": now, "bound": COUNT_BOUND}
    with transaction():
        rows = db.session.execute(LOOK, values)
        return [
            Look(
                row.queue, min(row.due + row.sent, COUNT_BOUND), age_s(row.oldest, now), min(row.overdue, COUNT_BOUND),
                row.running, targets[row.queue],
            )
            for row in rows
        ]  # fmt: skip


def age_s(since: datetime | None, now: datetime) -> float | None:
    """Return how long ago something was, in seconds."""
    return None if since is None else max((now - since).total_seconds(), 0.0)


def keep_figures() -> None:
    """Fold what ended, look at every queue, and close what is missing of the past: the relay's duty."""
    fold_recent(newest_minute())
    take_samples()
    if not catch_up():
        keep_totals()  # a scrape reads all minutes that are not in the totals


def take_samples() -> None:
    """Look at every queue and keep what was seen."""
    now = clock.now()
    with system_work():
        held = standings(now)
        looks = look(now, held)
    with installation(), acting_as(SYSTEM_ACTOR), transaction():
        before = {sample.queue: sample for sample in newest_samples()}
        rows = [judge(one, before.get(one.queue), _reason(held[one.queue].hold_on(one.waiting)), now) for one in looks]
        statement = insert(QueueSample).values(rows)
        kept = {name: statement.excluded[name] for name in rows[0] if name not in {"company_id", "minute", "queue"}}
        db.session.execute(statement.on_conflict_do_update(index_elements=["company_id", "minute", "queue"], set_=kept))


def _reason(hold: Hold | None) -> str:
    return hold.reason if hold is not None else ""


def newest_samples() -> list[QueueSample]:
    """Return the newest sample of each queue, however old. Inside the installation."""
    newest = sa.select(sa.func.max(QueueSample.minute)).scalar_subquery()
    return list(db.session.scalars(sa.select(QueueSample).where(QueueSample.minute == newest)))


def judge(one: Look, before: QueueSample | None, hold: str, now: datetime) -> Mapping[str, Any]:  # Any: column values
    """Return the sample to keep, and tell when the queue has been behind for two minutes, or no longer is."""
    is_behind = one.oldest_s is not None and one.oldest_s > one.target_s and not hold
    since = (before.behind_since if before else None) or now
    told_at = before.told_at if before else None
    if is_behind and told_at is None and now - since >= TELL_AFTER:
        told_at = now
        record(
            QueueFellBehind(
                queue=one.queue, waiting=one.waiting, oldest_s=round(one.oldest_s or 0), target_s=one.target_s,
                since=since,
            )
        )  # fmt: skip
        text = f"The queue {one.queue} has been behind its target since {since:%H:%M} UTC."
        tell_admins("queue-behind", text, link=f"/queues/{one.queue}", key=f"behind:{one.queue}")
    elif not is_behind and told_at is not None:
        told_at = None
        record(QueueRecovered(queue=one.queue, target_s=one.target_s, behind_s=round((now - since).total_seconds())))
    return {
        "company_id": installation_id(), "minute": minute_of(now), "sampled_at": now, "hold": hold,
        "behind_since": since if is_behind else None, "told_at": told_at,
        **{field.name: getattr(one, field.name) for field in fields(one)},
    }  # fmt: skip
