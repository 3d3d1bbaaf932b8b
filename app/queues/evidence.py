"""Where a living job is, and how one can tell: its row among the living, the broker's lists, the workers' heartbeats.

A job that somebody lost is never guessed at. It is found by what contradicts its row: a message that stands nowhere,
a lease nobody extended, a process nobody hears of.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from app.core import clock
from app.core.db import db
from app.core.jobs import Attempt, holds, job_needs, job_outbox
from app.core.jobs.holds import Kind
from app.core.jobs.ledger import lease_s
from app.core.jobs.limits import settings_of
from app.core.jobs.release import LONGEST_RING_S, first_ring_s
from app.core.present import format_duration, plural, reader_zone, zone_info
from app.core.pushed import list_processes
from app.core.redis import RedisAway
from app.core.tenancy import platform_reads
from app.queues import brokers
from app.queues.brokers import BrokerMessage, Unacked

BEGIN_WITHIN_S = 15.0  # from the broker to a worker's claim it takes milliseconds; a busy machine, some seconds
SILENT_AFTER_S = 12.0  # a worker's process says every five seconds that it lives, and extends a lease every ten
MOST_MESSAGES = 5000


class Verdict(StrEnum):
    """Where a living job is."""

    WAITS = "waits"  # in the ledger, until its time, its turn, or the end of a hold
    BLOCKED = "blocked"  # until other jobs have ended
    ON_ITS_WAY = "on-its-way"  # just sent
    IN_BROKER = "in-broker"  # sent, and no worker has taken it yet
    LOST = "lost"  # sent, but its message stands nowhere
    STRANDED = "stranded"  # a worker took the message and never began the job
    RUNS = "runs"
    LEASE_OUT = "lease-out"  # its worker is gone; another may take it
    UNKNOWN = "unknown"  # the broker cannot be asked


@dataclass(frozen=True)
class Look:
    """What the broker and the workers say at one instant.

    Attributes:
        standing: Job id → its message in a list.
        taken: Job id → its message in a worker's hands.
        heard: (host's process id) → seconds since it was heard of.
        is_away: The broker did not answer, so nothing follows from what was not found there.
    """

    standing: Mapping[str, BrokerMessage] = field(default_factory=dict)
    taken: Mapping[str, Unacked] = field(default_factory=dict)
    heard: Mapping[int, float] = field(default_factory=dict)
    is_away: bool = False


def look_at_broker(queues: Iterable[str], most: int = MOST_MESSAGES) -> Look:
    """Read the lists of some queues, and then what workers hold: what is taken on the way is seen in both."""
    standing: dict[str, BrokerMessage] = {}
    for queue in queues:
        for number, message in enumerate(brokers.walk(queue)):
            if number >= most:
                return Look(is_away=True)  # too many to say that one is not among them
            standing.setdefault(message.job_id, message)
    held = brokers.unacked()
    if held is None:
        return Look(is_away=True)
    return Look(standing, {one.message.job_id: one for one in held}, heard_of())


def heard_of() -> dict[int, float]:
    """Return process id → seconds since that worker's process said that it lives; empty when nobody can be asked."""
    try:
        alive = list_processes()
    except RedisAway:
        return {}
    now = clock.now().timestamp()
    return {int(one["label"].rpartition(":")[2]): max(0.0, now - one["at"]) for one in alive if one["kind"] == "worker"}


def sent_at(row: sa.Row[Any]) -> datetime:  # Any: the columns of job_outbox
    """Return when a message was last sent, which follows from when it is rung again."""
    wait_s = min(first_ring_s() * 2 ** max(row.sends - 1, 0), LONGEST_RING_S)
    at: datetime = row.due_at
    return datetime.fromtimestamp(at.timestamp() - wait_s, tz=at.tzinfo)


def judge(row: sa.Row[Any], look: Look, now: datetime) -> Verdict:  # Any: as above
    """Say where a living job is."""
    if row.phase == "waiting":
        return Verdict.WAITS
    if row.phase == "blocked":
        return Verdict.BLOCKED
    if row.phase == "running":
        return Verdict.RUNS if row.due_at > now else Verdict.LEASE_OUT
    if (now - sent_at(row)).total_seconds() < BEGIN_WITHIN_S:
        return Verdict.ON_ITS_WAY
    if look.is_away:
        return Verdict.UNKNOWN
    if row.job_id in look.standing:
        return Verdict.IN_BROKER
    taken = look.taken.get(row.job_id)
    if taken is None:
        return Verdict.LOST
    return Verdict.STRANDED if taken.taken_s >= BEGIN_WITHIN_S else Verdict.ON_ITS_WAY


def explain(job_id: str) -> list[str]:
    """Return what is known of where a job is, a sentence a line; nothing of one that has ended."""
    with platform_reads():
        row = _living(job_id)
        if row is None:
            return []
        needs = db.session.scalars(sa.select(job_needs.c.needs_id).where(job_needs.c.job_id == job_id)).all()
        attempt = _last_attempt(row)
    look = look_at_broker([row.queue]) if row.phase in {"sent", "running"} else Look()
    if judge(row, look, clock.now()) is Verdict.LOST:
        with platform_reads():  # a worker that ended it while we looked is no loss
            row = _living(job_id)
        if row is None:
            return []
    return lines_of(row, look, clock.now(), attempt, needs)


def _living(job_id: str) -> sa.Row[Any] | None:  # Any: the columns of job_outbox
    return db.session.execute(sa.select(job_outbox).where(job_outbox.c.job_id == job_id)).one_or_none()


def lines_of(
    row: sa.Row[Any],  # Any: the columns of job_outbox
    look: Look,
    now: datetime,
    attempt: Attempt | None = None,
    needs: Sequence[str] = (),
) -> list[str]:
    """Return the evidence for a verdict in sentences."""
    verdict = judge(row, look, now)
    if verdict is Verdict.BLOCKED:
        return [f"Waits for {plural(len(needs), 'other job')} to end: {', '.join(needs)}."]
    if verdict is Verdict.WAITS:
        return _of_waiting(row, now)
    if verdict in {Verdict.RUNS, Verdict.LEASE_OUT}:
        return _of_running(row, look, now, attempt)
    return _of_sent(row, look, now, verdict)


def _of_waiting(row: sa.Row[Any], now: datetime) -> list[str]:
    lines = [f"Waits in the ledger for {_since(row.queued_at, now)}; nothing of it is in the broker."]
    if row.due_at > now:
        lines.append(f"Not released before its time, in {_until(row.due_at, now)}.")
    hold = holds.find_hold(Kind(row.company_id, row.name, row.queue))
    if hold is not None:
        until = f", for {_until(hold.until, now)} at least" if hold.until and hold.until > now else ""
        lines.append(f"{hold.reason}{until}.")
    elif row.due_at <= now:
        slots = settings_of(row.queue).concurrency
        lines.append(f"Released when its turn comes: {plural(slots, 'job')} of {row.queue} may be in hand at once.")
    return lines


def _of_sent(row: sa.Row[Any], look: Look, now: datetime, verdict: Verdict) -> list[str]:
    times = f", for the {_nth(row.sends)} time" if row.sends > 1 else ""
    lines = [f"Sent to the broker {_since(sent_at(row), now)} ago{times}; no worker has begun it."]
    if verdict is Verdict.UNKNOWN:
        lines.append("The broker does not answer, so nobody can say where its message is.")
    elif verdict is Verdict.IN_BROKER:
        message = look.standing[row.job_id]
        lines.append(
            f"Its message stands at place {message.position} of the queue in the broker: all workers are busy."
        )
    elif verdict is Verdict.STRANDED:
        held = format_duration(look.taken[row.job_id].taken_s)
        lines.append(f"A worker took its message {held} ago and never began the job: that worker is gone.")
    elif verdict is Verdict.LOST:
        lines.append("Its message is neither in the broker's lists nor in a worker's hands: it was lost.")
    return [*lines, f"It is rung again in {_until(row.due_at, now)}, whatever becomes of that message."]


def _of_running(row: sa.Row[Any], look: Look, now: datetime, attempt: Attempt | None) -> list[str]:
    lines = []
    if attempt is not None:
        who = attempt.worker or "a command"
        at = _since(attempt.started_at, now)
        lines.append(f"Taken by {who}, process {attempt.pid}, {at} ago: attempt {attempt.number}.")
    heartbeat_s = lease_age_s(row.due_at, now)
    lines.append(f"It last extended its lease {format_duration(heartbeat_s)} ago.")
    if attempt is not None and attempt.worker:
        heard_s = look.heard.get(attempt.pid)
        silent_s = heartbeat_s if heard_s is None else min(heard_s, heartbeat_s)
        if row.due_at > now and silent_s >= SILENT_AFTER_S:
            return [*lines, silent_sentence(silent_s, row.due_at)]
        lines.append(
            "Its process is not heard of any more."
            if heard_s is None
            else f"Its process was heard of {format_duration(heard_s)} ago."
        )
    if row.due_at <= now:
        return [*lines, "The lease has run out, so it is being rung and another worker takes it."]
    return [*lines, f"Without another heartbeat it is rung again in {_until(row.due_at, now)}."]


def lease_age_s(due_at: datetime, now: datetime) -> float:
    """Return when a running job's lease was last extended, in seconds; who holds it does so every few seconds.

    The lease ends a second before the ring.
    """
    return max(0.0, (now - due_at).total_seconds() + lease_s() + 1)


def silent_sentence(silent_s: float, back_at: datetime) -> str:
    """Return what becomes of a job whose worker says nothing: it keeps its slot until the lease ends."""
    local = back_at.astimezone(zone_info(reader_zone()))
    return f"Its worker has been silent for {silent_s:.0f} s; the job is given back at {local:%H:%M:%S}."


def _last_attempt(row: sa.Row[Any]) -> Attempt | None:
    statement = sa.select(Attempt).where(Attempt.company_id == row.company_id, Attempt.job_id == row.job_id)
    found = db.session.scalars(statement.order_by(Attempt.number.desc()).limit(1)).first()
    if found is not None:
        db.session.expunge(found)
    return found


def _since(at: datetime, now: datetime) -> str:
    return format_duration(max(0.0, (now - at).total_seconds()))


def _until(at: datetime, now: datetime) -> str:
    return format_duration(max(0.0, (at - now).total_seconds()))


def _nth(count: int) -> str:
    endings = {1: "st", 2: "nd", 3: "rd"}
    ending = "th" if 10 <= count % 100 <= 20 else endings.get(count % 10, "th")  # noqa: PLR2004 (11th, 12th, 13th)
    return f"{count}{ending}"
