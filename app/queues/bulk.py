"""Doing one act to many jobs, and taking it back: what the jobs `queues.bulk` and `queues.undo-bulk` do.

Each job is acted on in its own company, in a savepoint of its own, with a row that says so (`job_bulk_items`): a bulk
act whose worker was lost goes on where it was, and does nothing twice. A dry run does the same and rolls it back.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from app.core import clock, jobs
from app.core.db import db, transaction
from app.core.errors import Problem
from app.core.ids import CompanyId, ulid_floor
from app.core.jobs import Job, repeat
from app.core.outbox import savepoint
from app.core.tenancy import acting_for, current_company_id
from app.queues import reads
from app.queues.bulk_items import bulk_items
from app.queues.filter import JobFilter
from app.queues.matching import BulkAct, Found, is_everywhere, reading, walk
from app.queues.service.jobs import JobIsOver

UNDO_S = 30  # retried jobs are not released before, so that Undo finds them all
BATCH = 50
MAX_REFUSALS = 100  # listed in the result; the rest is counted
KEPT = timedelta(days=30)
KEY_HELD = "Another of these holds the same key."
WORDS = {BulkAct.RETRY: "sent again", BulkAct.DISCARD: "discarded", BulkAct.CANCEL: "cancelled"}


@dataclass(frozen=True)
class Order:
    """What somebody asked for.

    Attributes:
        allowed: The permissions of who asked, as far as they decide what is seen.
        per_second: Retried jobs are released at this pace.
    """

    act: BulkAct
    wanted: JobFilter
    allowed: frozenset[str]
    reason: str = ""
    per_second: int = 20
    is_dry_run: bool = False


@dataclass
class Outcome:
    """What became of them; `made` are the jobs that repeat some, `keys` what those of a dry run would hold."""

    done: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    refusals: list[dict[str, str]] = field(default_factory=list)
    made: set[str] = field(default_factory=set)
    keys: set[tuple[CompanyId, str, str]] = field(default_factory=set)

    @property
    def total(self) -> int:
        """How many were looked at."""
        return self.done + self.refused.total()

    def refuse(self, job_id: str, problem: Problem) -> None:
        """Count one that could not be acted on."""
        self.refused[problem.code] += 1
        if len(self.refusals) < MAX_REFUSALS:
            # The id of a job that this act made says little, and after a dry run leads nowhere.
            is_ours = isinstance(problem, repeat.JobKeyHeld) and problem.holder in self.made
            detail = KEY_HELD if is_ours else problem.sentence
            self.refusals.append({"id": job_id, "code": problem.code, "detail": detail})

    def sentence(self, act: BulkAct, *, is_dry_run: bool) -> str:
        """Return it in words."""
        would = "would be " if is_dry_run else ""
        return f"{self.done:,} {would}{WORDS[act]}, {self.refused.total():,} refused"


class _RolledBack(Exception):
    """The end of a part of a dry run."""


def act_on_all(bulk_id: str, order: Order, report: Callable[[int, str], None]) -> Outcome:
    """Do the act to all jobs that match.

    Args:
        bulk_id: The job that does it.
        order: What somebody asked for.
        report: Told how many were looked at, and with what outcome; may stop the work by raising.
    """
    outcome = Outcome()
    begins_at = clock.now() + timedelta(seconds=UNDO_S)
    for batch in _batches(order):
        with acting_in(batch[0].company_id):
            _act_on(bulk_id, order, batch, begins_at, outcome)
        report(outcome.total, outcome.sentence(order.act, is_dry_run=order.is_dry_run))
    _forget_old()
    return outcome


def acting_in(company_id: CompanyId) -> AbstractContextManager[None]:
    """Act in the company of a job, when the act goes over all."""
    return nullcontext() if company_id == current_company_id() else acting_for(company_id)


def _batches(order: Order) -> Iterator[Sequence[Found]]:
    """Yield what matches in parts of one company each."""
    with reading():
        parts = list(walk(order.act, order.wanted, order.allowed))
    found = sorted((one for part in parts for one in part), key=lambda one: one.company_id)
    for _, of_company in groupby(found, key=lambda one: one.company_id):
        mine = list(of_company)
        yield from (mine[at : at + BATCH] for at in range(0, len(mine), BATCH))


def _act_on(bulk_id: str, order: Order, batch: Sequence[Found], begins_at: datetime, outcome: Outcome) -> None:
    try:
        with transaction():
            for one in batch:
                due_at = begins_at + timedelta(seconds=outcome.done / order.per_second)
                try:
                    with savepoint():
                        outcome.made |= _act_once(bulk_id, order, one, due_at, outcome)
                except Problem as problem:
                    outcome.refuse(one.id, problem)
                else:
                    outcome.done += 1
            if order.is_dry_run:
                raise _RolledBack
    except _RolledBack:
        pass


def _act_once(bulk_id: str, order: Order, one: Found, due_at: datetime, outcome: Outcome) -> set[str]:
    """Act on one job unless that was done before: then it counts as done. Returns the id of a job it made."""
    item = {"company_id": one.company_id, "bulk_id": bulk_id, "job_id": one.id}
    same = [bulk_items.c[name] == value for name, value in item.items()]
    if db.session.scalar(sa.select(bulk_items.c.job_id).where(*same)) is not None:
        return set()
    made_id = _act(order, one.id, due_at, outcome)
    db.session.execute(sa.insert(bulk_items).values(**item, made_id=made_id))
    return {made_id} if made_id else set()


def _act(order: Order, job_id: str, due_at: datetime, outcome: Outcome) -> str | None:
    """Act, and return the id of a job it made."""
    match order.act:
        case BulkAct.RETRY:
            made = repeat.repeat(reads.find_job(job_id, order.allowed), due_at=due_at)
            if order.is_dry_run:
                _hold_key(made, outcome)
            return made.id
        case BulkAct.DISCARD:
            repeat.discard(job_id, order.reason)
        case BulkAct.CANCEL:
            if jobs.ask_to_stop(job_id) is None:
                raise JobIsOver(state=reads.find_job(job_id, order.allowed).state)
    return None


def _hold_key(made: Job, outcome: Outcome) -> None:
    """Refuse what the act itself would refuse: each part of a dry run is rolled back, and with it who held which key."""
    if made.dedupe_key is None:
        return
    key = (made.company_id, made.name, made.dedupe_key)
    if key in outcome.keys:
        outcome.made.add(made.id)  # as its holder, which is one of those that this act would have made
        raise repeat.JobKeyHeld(key=made.dedupe_key, holder=made.id)
    outcome.keys.add(key)


def undo_all(bulk_id: str, act: BulkAct, report: Callable[[int, str], None]) -> int:
    """Take a bulk act back: what was sent again is cancelled unless it is over, what was discarded is restored."""
    undone = 0
    with reading():
        items = sa.select(bulk_items).where(bulk_items.c.bulk_id == bulk_id).order_by(bulk_items.c.company_id)
        rows = db.session.execute(items).all()
    for company_id, of_company in groupby(rows, key=lambda row: row.company_id):
        mine = list(of_company)
        for at in range(0, len(mine), BATCH):
            with acting_in(company_id), transaction():
                undone += sum(_undo(act, row) for row in mine[at : at + BATCH])
            report(undone, f"{undone:,} taken back")
    return undone


def _undo(act: BulkAct, row: sa.Row[Any]) -> bool:  # Any: columns of job_bulk_items
    if act is BulkAct.RETRY:
        return row.made_id is not None and jobs.ask_to_stop(row.made_id) is not None
    try:
        with savepoint():
            repeat.restore(row.job_id)
    except Problem:
        return False
    return True


def _forget_old() -> None:
    """Drop the rows of acts that nobody takes back any more."""
    if is_everywhere():
        return
    old = bulk_items.c.bulk_id < ulid_floor(clock.now() - KEPT)
    with transaction():
        db.session.execute(sa.delete(bulk_items).where(old))
