"""Which waiting jobs of a queue go next: the most urgent first, and among companies the one with least in hand.

The index of waiting jobs is walked from one kind (company, name, priority) to the next, never through the jobs
of one: a hundred thousand waiting jobs cost no more than ten, and what is held is stepped over.
"""

import heapq
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from app.core.db import db

MOST_KINDS = 5000
KINDS_AT_ONCE = 100


@dataclass(frozen=True, order=True)
class Waiting:
    """A kind of job that waits, in the order of the index."""

    company_id: int
    name: str
    priority: int


@dataclass(frozen=True)
class Due:
    """A waiting job whose time has come."""

    company_id: int
    name: str
    priority: int
    job_id: str
    due_at: datetime


_NEXT = "SELECT company_id, name, priority FROM job_outbox WHERE phase = 'waiting' AND queue = :queue"
_ORDER = "ORDER BY company_id, name, priority DESC"
# Each step asks the index for what comes after the kind it stands on. The three questions are one row comparison,
# written out because the priorities run downwards.
KINDS = sa.text(
    f"""
    WITH RECURSIVE kinds AS (
      ({_NEXT} {_ORDER} LIMIT 1)
      UNION ALL
      SELECT following.* FROM kinds CROSS JOIN LATERAL (
        SELECT * FROM (
          ({_NEXT} AND company_id = kinds.company_id AND name = kinds.name AND priority < kinds.priority
           {_ORDER} LIMIT 1)
          UNION ALL
          ({_NEXT} AND company_id = kinds.company_id AND name > kinds.name {_ORDER} LIMIT 1)
          UNION ALL
          ({_NEXT} AND company_id > kinds.company_id {_ORDER} LIMIT 1)
        ) AS candidates {_ORDER} LIMIT 1
      ) AS following
    )
    SELECT company_id, name, priority FROM kinds LIMIT :most
    """
)
DUE = sa.text(
    """
    SELECT kind.company_id, kind.name, kind.priority, job.job_id, job.due_at
    FROM unnest(CAST(:companies AS bigint[]), CAST(:names AS text[]), CAST(:priorities AS smallint[]))
         AS kind (company_id, name, priority)
    CROSS JOIN LATERAL (
      SELECT job_id, due_at FROM job_outbox
      WHERE phase = 'waiting' AND queue = :queue AND company_id = kind.company_id AND name = kind.name
        AND priority = kind.priority AND due_at <= :now
      ORDER BY due_at, job_id LIMIT :most
    ) AS job
    """
)


def read_kinds(queue: str) -> list[Waiting]:
    """Return the kinds of jobs that wait in a queue, due or not."""
    return [Waiting(*row) for row in db.session.execute(KINDS, {"queue": queue, "most": MOST_KINDS})]


def read_due(queue: str, kinds: Sequence[Waiting], *, now: datetime, most: int) -> list[Due]:
    """Return the first jobs that are due, at most so many of each kind."""
    values = {
        "companies": [kind.company_id for kind in kinds],
        "names": [kind.name for kind in kinds],
        "priorities": [kind.priority for kind in kinds],
        "queue": queue,
        "now": now,
        "most": most,
    }
    return [Due(*row) for row in db.session.execute(DUE, values)]


def pick(
    queue: str,
    kinds: Iterable[Waiting],
    *,
    room: int,
    in_hand: Mapping[int, int],
    turns: Mapping[int, float],
    now: datetime,
) -> list[Due]:
    """Choose what goes next.

    Args:
        queue: The queue.
        kinds: Those that nothing holds.
        room: How many may go.
        in_hand: Company → its jobs of this queue that were sent or run.
        turns: Company → when it had its last turn; who had none comes first.
        now: What is due by then.
    """
    first = sorted(
        kinds, key=lambda kind: (-kind.priority, in_hand.get(kind.company_id, 0), turns.get(kind.company_id, 0))
    )
    due: list[Due] = []
    for start in range(0, len(first), KINDS_AT_ONCE):
        due += read_due(queue, first[start : start + KINDS_AT_ONCE], now=now, most=room)
        if len(due) >= room:  # the next kinds are less urgent, or their companies have more in hand
            break
    return take_turns(due, room=room, in_hand=in_hand, turns=turns)


def take_turns(due: Iterable[Due], *, room: int, in_hand: Mapping[int, int], turns: Mapping[int, float]) -> list[Due]:
    """Take jobs in turn: the most urgent, then the company with least in hand, then the one that waited longest for its turn."""
    lines: dict[tuple[int, int], list[Due]] = defaultdict(list)
    for one in sorted(due, key=lambda one: (one.due_at, one.job_id), reverse=True):
        lines[one.priority, one.company_id].append(one)
    share: dict[int, int] = dict(in_hand)
    taken: list[Due] = []
    for priority in sorted({priority for priority, _ in lines}, reverse=True):
        heap = [
            (share.get(company, 0), turns.get(company, 0.0), line[-1].due_at, company)
            for (level, company), line in lines.items()
            if level == priority
        ]
        heapq.heapify(heap)
        while heap and len(taken) < room:
            _, _, _, company = heapq.heappop(heap)
            line = lines[priority, company]
            taken.append(line.pop())
            share[company] = share.get(company, 0) + 1
            if line:
                heapq.heappush(heap, (share[company], turns.get(company, 0.0), line[-1].due_at, company))
    return taken
