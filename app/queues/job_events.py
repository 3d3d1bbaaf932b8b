"""Facts about acts on many jobs. What becomes of each job is told by its own facts."""

from typing import Any

from app.core.outbox import Fact


class BulkActAsked(Fact, type="jobs.bulk-asked", topic="jobs", row="id"):
    """Somebody wants one act done on all jobs that match; the row is the job that does it.

    Attributes:
        act: retry, discard or cancel.
        matching: The filter, as its address has it.
        count: How many matched then; `is_bounded` when there were at least so many.
    """

    id: str
    act: str
    matching: dict[str, Any]
    count: int
    is_bounded: bool
    is_dry_run: bool
    reason: str


class BulkActUndone(Fact, type="jobs.bulk-undone", topic="jobs", row="id"):
    """Somebody took such an act back, as far as it can be taken back."""

    id: str
    act: str
    undone: int
