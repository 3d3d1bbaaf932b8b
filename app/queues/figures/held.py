"""What is held of each queue: all of it, or the jobs of some names and companies while the others flow."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from app.core.broker import QUEUES
from app.core.db import db
from app.core.jobs import holds, picking
from app.core.jobs.holds import Hold, Kind

COUNT_BOUND = 10_000
KINDS = sa.text(
    "SELECT q.queue, kind.company_id, kind.name FROM unnest(CAST(:queues AS text[])) AS q(queue) "
    f"CROSS JOIN LATERAL ({picking.KINDS.text.replace(':queue', 'q.queue')}) AS kind GROUP BY 1, 2, 3"
)
COUNTS = sa.text(
    """
    SELECT kind.queue, kind.company_id, kind.name, due.n
    FROM unnest(CAST(:queues AS text[]), CAST(:companies AS bigint[]), CAST(:names AS text[])) AS kind(queue, company_id, name)
    CROSS JOIN LATERAL (
      SELECT count(*) AS n
      FROM (SELECT 1 FROM job_outbox WHERE phase = 'waiting' AND queue = kind.queue AND company_id = kind.company_id
            AND name = kind.name AND due_at <= :now LIMIT :bound) waiting) due
    """
)


@dataclass(frozen=True)
class HeldPart:
    """Jobs of one name and company that wait because something holds them; `waiting` counts those that are due."""

    kind: Kind
    hold: Hold
    waiting: int = 0


@dataclass(frozen=True)
class Standing:
    """How far a queue is held.

    Attributes:
        hold: What holds all of it.
        parts: What is held while the rest flows; it counts for no target.
    """

    hold: Hold | None = None
    parts: list[HeldPart] = field(default_factory=list)

    @property
    def waiting(self) -> int:
        """Jobs of the parts that are due."""
        return sum(part.waiting for part in self.parts)

    def hold_on(self, waiting: int) -> Hold | None:
        """Return what holds the queue on purpose: all of it, or all that waits when nothing else does."""
        if self.hold is not None or waiting or not self.waiting:
            return self.hold
        return max(self.parts, key=lambda part: part.waiting).hold


def standings(now: datetime) -> dict[str, Standing]:
    """Return how every queue is held. In a scope that reads all companies."""
    whole, by_queue = holds.held_queues(), defaultdict(list)
    values = {"queues": list(QUEUES), "most": picking.MOST_KINDS}
    for queue, company_id, name in db.session.execute(KINDS, values):
        by_queue[queue].append(Kind(company_id, name, queue))
    found = {queue: _standing(queue, by_queue.get(queue, []), whole) for queue in QUEUES}
    parts = [part for one in found.values() for part in one.parts]
    return _counted(found, parts, now) if parts else found


def _standing(queue: str, kinds: list[Kind], whole: Mapping[str, Hold]) -> Standing:
    pause = holds.pause_of_queue(queue)
    if pause is not None:
        return Standing(pause)
    parts = [HeldPart(kind, hold) for kind in kinds if (hold := holds.find_hold(kind)) is not None]
    if len(parts) == len(kinds) and queue in whole:
        return Standing(whole[queue])
    return Standing(None, parts)


def _counted(found: dict[str, Standing], parts: list[HeldPart], now: datetime) -> dict[str, Standing]:
    values = {
        "queues": [part.kind.queue for part in parts],
        "companies": [part.kind.company_id for part in parts],
        "names": [part.kind.name for part in parts],
        "now": now,
        "bound": COUNT_BOUND,
    }
    counts = {Kind(row.company_id, row.name, row.queue): row.n for row in db.session.execute(COUNTS, values)}
    return {
        queue: Standing(one.hold, [HeldPart(part.kind, part.hold, counts[part.kind]) for part in one.parts])
        for queue, one in found.items()
    }
