"""Letting waiting jobs go to the broker: as many as may run, the most urgent first, every company in turn.

What waits stays in PostgreSQL, so the broker never holds more than is about to run, and pauses, priorities and
fairness hold up to the last moment. The relay releases every 50 ms and when it hears of a new job; a worker refills
the queue whose jobs it has ended. Rows are marked as sent before they are: one killed in between is rung again a minute later.
"""

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog
from flask import Flask, current_app

from app.core import broker, clock
from app.core.broker import QUEUES, Message
from app.core.db import db, transaction
from app.core.jobs import holds, lifted, limits, picking, turns
from app.core.jobs.holds import Hold, Kind
from app.core.jobs.picking import Due, Waiting
from app.core.jobs.rules import RULES
from app.core.tenancy import system_work
from config import Settings

LONGEST_RING_S = 3600
AGAIN_S, REST_S = 1.0, 1.0
BATCH = 100
LOCK = 7_100_001  # of PostgreSQL's advisory locks; the second number is the queue's

log = structlog.get_logger(__name__)
_rests_until = 0.0
_probed_at: dict[str, float] = {}


@dataclass(frozen=True)
class Going:
    """A message about to be sent, and how its row was before it was marked.

    Attributes:
        was_due_at: When it was due, to be that again when it could not be sent.
        ring_at: When it is sent again unless it is taken.
    """

    message: Message
    phase: str
    was_due_at: datetime
    ring_at: datetime


# Neither EXISTS nor a bare LIMIT 1: where one queue has most rows, both are planned as a walk through the table.
STATE = sa.text(
    """
    SELECT queues.name,
      (SELECT true FROM job_outbox WHERE phase = 'waiting' AND queue = queues.name
       ORDER BY company_id, name, priority DESC LIMIT 1) AS is_waiting,
      (SELECT count(*) FROM job_outbox WHERE phase IN ('sent', 'running') AND queue = queues.name) AS in_hand
    FROM unnest(CAST(:queues AS text[])) AS queues (name)
    """
)
IN_HAND = sa.text(
    "SELECT company_id, name, count(*) FROM job_outbox WHERE phase IN ('sent', 'running') AND queue = :queue GROUP BY 1, 2"
)
# A row that somebody holds (its job is being cancelled, claimed or released elsewhere) is left to them.
MARK = sa.text(
    """
    WITH chosen AS (
      SELECT company_id, job_id FROM job_outbox
      WHERE (company_id, job_id) IN (SELECT * FROM unnest(CAST(:companies AS bigint[]), CAST(:jobs AS text[])))
        AND phase = 'waiting'
      FOR UPDATE SKIP LOCKED
    )
    UPDATE job_outbox AS row SET phase = 'sent', sends = sends + 1, due_at = :ring_at FROM chosen
    WHERE row.company_id = chosen.company_id AND row.job_id = chosen.job_id
    RETURNING row.job_id
    """
)
RING = sa.text(
    """
    WITH late AS (
      SELECT company_id, job_id, due_at FROM job_outbox
      WHERE phase IN ('sent', 'running') AND due_at <= :now ORDER BY due_at LIMIT :most
      FOR UPDATE SKIP LOCKED
    )
    UPDATE job_outbox AS row SET sends = row.sends + 1,
      due_at = CAST(:now AS timestamptz) + least(:first * power(2, row.sends), :longest) * interval '1 second'
    FROM late WHERE row.company_id = late.company_id AND row.job_id = late.job_id
    RETURNING row.company_id, row.job_id, row.name, row.queue, row.phase, late.due_at AS was_due_at, row.due_at AS ring_at
    """
)
UNMARK = sa.text(
    """
    UPDATE job_outbox SET phase = :phase, sends = sends - 1, due_at = :due_at
    WHERE company_id = :company AND job_id = :job AND due_at = :ring_at AND phase IN ('sent', 'running')
    """
)


def release_due(app: Flask, *, queue: str | None = None) -> int:
    """Release what is due and return how many messages were sent.

    Args:
        app: The app whose jobs they are; a process without the system login leaves it to the relay.
        queue: Only this queue, and nothing that is held on probation: a worker that refills.
    """
    if time.monotonic() < _rests_until:
        return 0
    with app.app_context():
        if "system" not in db.engines:
            return 0
        with system_work():
            with transaction():
                going = [] if queue else _ring()
                waiting = _look([queue] if queue else list(QUEUES), is_refill=queue is not None)
            for name, _ in waiting:
                if holds.pause_of_queue(name) is not None:
                    lifted.note_paused(name)
            for name in _with_room(waiting):
                going += _release(name, with_probes=queue is None)
        return _send(going)


def _look(queues: list[str], *, is_refill: bool) -> list[tuple[str, int]]:
    """Return the queues that have jobs waiting, and how many they have in hand; only then are pauses and limits read."""
    found = db.session.execute(STATE, {"queues": queues}).all()
    waiting = [(row.name, row.in_hand) for row in found if row.is_waiting]
    if is_refill:
        waiting = [one for one in waiting if _is_worth_it(*one)]
    if waiting:
        holds.read_pauses(db.session.execute(holds.PAUSES).all())
        limits.read_changes(db.session.execute(limits.CHANGES))
    return waiting


def _with_room(waiting: list[tuple[str, int]]) -> list[str]:
    """Return those that have room for some and are not paused."""
    return [
        name
        for name, in_hand in waiting
        if in_hand < limits.settings_of(name).concurrency and holds.pause_of_queue(name) is None
    ]


def refill_after(queue: str) -> int:
    """Return after how many ended jobs a worker looks whether its queue can be refilled: a quarter of the slots.

    A release costs the same for one job as for ten, and with many in hand nobody waits for the next; single slots
    the relay fills.
    """
    return max(1, limits.settings_of(queue).concurrency // 4)


def _is_worth_it(queue: str, in_hand: int) -> bool:
    """Say whether as much is free as a worker refills at a time."""
    return limits.settings_of(queue).concurrency - in_hand >= refill_after(queue)


def _release(queue: str, *, with_probes: bool) -> list[Going]:
    """Mark what goes next in one transaction, which only one releaser of a queue is in at a time."""
    now = clock.now()
    known_turns = turns.read_turns(queue)
    with transaction():
        if not db.session.execute(sa.select(sa.func.pg_try_advisory_xact_lock(LOCK, sa.func.hashtext(queue)))).scalar():
            return []
        flying = db.session.execute(IN_HAND, {"queue": queue}).all()
        in_hand = Counter({company: 0 for company, _, _ in flying})
        for company, _, count in flying:
            in_hand[company] += count
        room = limits.settings_of(queue).concurrency - in_hand.total()
        if room <= 0:
            return []
        kinds = picking.read_kinds(queue)
        free, probing = _sort_out(queue, kinds, {(company, name) for company, name, _ in flying})
        chosen: list[Due] = []
        if with_probes:
            lifted.follow(queue, kinds, free, now)
            chosen = _probes(queue, probing, now)[:room]
            lifted.begin_probes(chosen, now)
        room = min(room, BATCH) - len(chosen)
        if room > 0:
            chosen += picking.pick(queue, free, room=room, in_hand=in_hand, turns=known_turns, now=now)
        going = _mark(queue, chosen, now)
    turns.note_turns(queue, [one.message.company_id for one in going])
    return going


def _sort_out(
    queue: str, kinds: Iterable[Waiting], flying: set[tuple[int, str]]
) -> tuple[list[Waiting], dict[str, tuple[Hold, list[Waiting]]]]:
    """Return the kinds that nothing holds, and those held on probation by what holds them, unless one is on its way."""
    free: list[Waiting] = []
    probing: dict[str, tuple[Hold, list[Waiting]]] = {}
    for kind in kinds:
        if kind.name not in RULES:
            continue  # no code here can run it: sent, it would hold a slot for ever (the linter tells of such names)
        hold = holds.find_hold(Kind(kind.company_id, kind.name, queue))
        if hold is None:
            free.append(kind)
        elif hold.pace_s:
            probing.setdefault(hold.about, (hold, []))[1].append(kind)
    if probing:
        for company, name in flying:
            hold = holds.find_hold(Kind(company, name, queue))
            if hold is not None:
                probing.pop(hold.about, None)
    return free, probing


def _probes(queue: str, probing: dict[str, tuple[Hold, list[Waiting]]], now: datetime) -> list[Due]:
    """Choose one job for each thing that may work again, at its pace."""
    chosen: list[Due] = []
    for about, (hold, kinds) in probing.items():
        if time.monotonic() - _probed_at.get(about, -hold.pace_s) < hold.pace_s:
            continue
        found = picking.pick(queue, kinds, room=1, in_hand={}, turns={}, now=now)
        if found:
            _probed_at[about] = time.monotonic()
            chosen += found
    return chosen


def _mark(queue: str, chosen: list[Due], now: datetime) -> list[Going]:
    if not chosen:
        return []
    ring_at = now + timedelta(seconds=first_ring_s())
    values = {
        "companies": [one.company_id for one in chosen],
        "jobs": [one.job_id for one in chosen],
        "ring_at": ring_at,
    }
    marked = set(db.session.execute(MARK, values).scalars())
    return [
        Going(Message(one.company_id, one.job_id, one.name, queue), "waiting", one.due_at, ring_at)
        for one in chosen
        if one.job_id in marked
    ]


def first_ring_s() -> int:
    """Return after how long a message that no worker took is sent again for the first time."""
    settings: Settings = current_app.config["SETTINGS"]
    return settings.job_ring_s


def _ring() -> list[Going]:
    """Mark what was sent and not taken, or whose worker's lease ran out, to be sent again; less and less often."""
    values = {"now": clock.now(), "most": BATCH, "first": first_ring_s(), "longest": LONGEST_RING_S}
    return [
        Going(Message(row.company_id, row.job_id, row.name, row.queue), row.phase, row.was_due_at, row.ring_at)
        for row in db.session.execute(RING, values)
    ]


def _send(going: list[Going]) -> int:
    """Send what was marked, after the commit; what could not be sent is as if it had not been marked."""
    global _rests_until  # noqa: PLW0603 (one process has one way to the broker)
    sent = broker.publish([one.message for one in going])
    if sent == len(going):
        return sent
    _rests_until = time.monotonic() + REST_S
    with system_work(), transaction():
        for one in going[sent:]:
            message = one.message
            back = {"phase": one.phase, "due_at": one.was_due_at, "ring_at": one.ring_at}
            db.session.execute(UNMARK, {**back, "company": message.company_id, "job": message.job_id})
    return sent
