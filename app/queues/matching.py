"""Jobs that a bulk act reaches: which states it can act on, and the walk over all that match."""

from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.core import clock
from app.core.errors import InvalidInput
from app.core.ids import CompanyId
from app.core.installation import installation_id
from app.core.jobs import JobState, is_seen
from app.core.tenancy import current_scope, platform_reads
from app.queues import search
from app.queues.filter import JobFilter

MOST_COUNTED = 20_000
ALIVE = frozenset({JobState.QUEUED, JobState.RUNNING})
STEP = 5_000


class BulkAct(StrEnum):
    """What is done to many jobs at once."""

    RETRY = "retry"
    DISCARD = "discard"
    CANCEL = "cancel"


@dataclass(frozen=True)
class Found:
    """A job that matches, as far as a bulk act asks."""

    company_id: CompanyId
    id: str
    queue: str
    is_exact: bool


@dataclass(frozen=True)
class Reach:
    """How far an act goes.

    Attributes:
        is_bounded: True when there are at least `count`.
        masked: How many cannot be sent again, because their arguments are not exact.
    """

    count: int
    is_bounded: bool
    companies: Counter[CompanyId]
    queues: Counter[str]
    masked: int
    oldest_at: datetime | None
    newest_at: datetime | None


def narrow(act: BulkAct, wanted: JobFilter) -> JobFilter:
    """Return the filter with the state the act is for, and with its ends of time fixed: later jobs are not meant.

    Raises:
        InvalidInput: The act cannot be done to jobs in the state it names.
    """
    allowed = {
        BulkAct.RETRY: {None, JobState.FAILED, JobState.CANCELLED, JobState.DISCARDED, JobState.DONE},
        BulkAct.DISCARD: {None, JobState.FAILED},
        BulkAct.CANCEL: {None, *ALIVE},
    }[act]
    is_waiting = wanted.waits is not None
    if wanted.state not in allowed or (is_waiting and act is not BulkAct.CANCEL):
        sentence = f"One cannot {act.value} jobs that are {'waiting' if is_waiting else wanted.state}."
        raise InvalidInput(errors=[{"field": "state", "message": sentence}])
    now = clock.now()
    fixed = {"since": wanted.earliest, "within": None, "until": min(wanted.until or now, now), "after": None}
    state = wanted.state or (None if act is BulkAct.CANCEL else JobState.FAILED)
    return wanted.model_copy(update={**fixed, "state": state})


def is_everywhere() -> bool:
    """Say whether this scope means the jobs of all companies: the platform's, or the installation's."""
    scope = current_scope()
    return scope.role == "platform" or scope.company_id == installation_id()


def reading() -> AbstractContextManager[None]:
    """Read where the jobs are: in this company, or over all."""
    return platform_reads() if is_everywhere() and current_scope().role != "platform" else nullcontext()


def measure(act: BulkAct, wanted: JobFilter, allowed: Collection[str]) -> Reach:
    """Count what an act would reach, up to MOST_COUNTED."""
    companies: Counter[CompanyId] = Counter()
    queues: Counter[str] = Counter()
    found: list[Found] = []
    with reading():
        for part in walk(act, wanted, allowed):
            found += part
            if len(found) >= MOST_COUNTED:
                break
    for one in found:
        companies[one.company_id] += 1
        queues[one.queue] += 1
    masked = sum(not one.is_exact for one in found)
    ends = [search.instant_of(one.id) for one in (found[-1], found[0])] if found else [None, None]
    return Reach(min(len(found), MOST_COUNTED), len(found) >= MOST_COUNTED, companies, queues, masked, *ends)


def walk(act: BulkAct, wanted: JobFilter, allowed: Collection[str]) -> Iterator[list[Found]]:
    """Yield all jobs that match, newest first; each step is one question of bounded size."""
    below: str | None = search.BEYOND
    conditions = [is_seen(allowed)]
    if act is BulkAct.CANCEL and wanted.state is None and wanted.waits is None:
        conditions.append(search.in_states(ALIVE))
    columns = ("company_id", "id", "queue", "is_exact")
    while below is not None:
        rows, below = search.matching_rows(wanted, columns, conditions, below, STEP)
        if rows:
            yield [Found(row.company_id, row.id, row.queue, row.is_exact) for row in rows]
