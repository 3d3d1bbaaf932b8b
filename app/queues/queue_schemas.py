"""Queues as JSON: figures, pauses, limits, and what waits in ledger and broker."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from app.core.shapes import Answer, Instant, Shape, Text, refuse_nul
from app.queues.figures.schemas import QueueStatsOut, TypeStatsOut, Window

Reason = Annotated[str, BeforeValidator(refuse_nul), StringConstraints(max_length=500)]


class HoldOut(Answer):
    """Why a whole queue is not released: `kind` is pause, breaker or flag, `about` names it."""

    kind: str
    reason: str
    until: Instant | None
    about: str


class QueuesOut(Answer):
    """All queues, worst first."""

    verdict: str
    items: list[QueueStatsOut]
    next_cursor: str | None = None


class ShareOut(Answer):
    """What of a queue belongs to one company now."""

    slug: str
    name: str
    waiting: int
    oldest_at: Instant | None
    sent: int
    running: int


class QueueDetailOut(QueueStatsOut):
    """One queue: its job names over the window, whose jobs are alive, and what holds it.

    With `company` job names are that company's alone.
    """

    window: str
    hold: HoldOut | None
    types: list[TypeStatsOut]
    companies: list[ShareOut]


class AskQueue(Shape):
    """Over which window, and of whom."""

    window: Window = "1h"
    company: str | None = Field(None, max_length=63)


class AskPending(Shape):
    """Which page of what waits."""

    company: str | None = Field(None, max_length=63)
    name: str | None = Field(None, max_length=200)
    limit: int = Field(50, ge=1, le=200)
    after: str | None = Field(None, max_length=400)


class PendingOut(Answer):
    """A living job; `phase` is blocked (waits for others), waiting, sent or running."""

    id: str
    company: str
    name: str
    queue: str
    title: str
    args: dict[str, Any]
    is_exact: bool
    priority: int
    phase: str
    due_at: Instant
    queued_at: Instant
    sends: int
    by: str


class PendingsOut(Answer):
    """What waits in the ledger, in the order it is released; companies take turns."""

    items: list[PendingOut]
    next_cursor: str | None


class PauseQueue(Shape):
    """Hold a queue: for so many seconds, until an instant, or (null) until somebody resumes."""

    reason: Reason = ""
    for_s: int | None = Field(None, ge=1, le=30 * 24 * 3600)
    until: datetime | None = None


class PauseAnything(PauseQueue):
    """Hold a queue, the jobs of a name, or a company's jobs (by its short name)."""

    kind: Literal["queue", "name", "company"]
    value: Text


class PauseOut(Answer):
    """Something that people hold."""

    id: str
    kind: str
    value: str
    reason: str
    by: str
    since: Instant
    until: Instant | None


class PausesOut(Answer):
    """All that people hold, the oldest first."""

    items: list[PauseOut]
    next_cursor: str | None = None


class ChangeQueue(Shape):
    """New limits; null follows the environment and the code, what is not named stays."""

    concurrency: int | None = None
    target_wait_s: int | None = None


class LimitsOut(Answer):
    """A queue's limits as they hold now."""

    queue: str
    concurrency: int
    target_wait_s: int
    is_changed: bool


class ChangePending(Shape):
    """Let a waiting job go sooner or later (-9 to 9), or wait in another queue."""

    priority: int | None = Field(None, ge=-9, le=9)
    queue: Text | None = None


class DiscardPending(Shape):
    """Why it shall not run; kept in the audit."""

    reason: Annotated[str, BeforeValidator(refuse_nul), StringConstraints(min_length=1, max_length=500)]


class PurgeQueue(DiscardPending):
    """Empty a queue: the messages in the broker, and with `jobs` also the jobs that wait. `typed` is the queue's name."""

    typed: str = Field(max_length=100)
    jobs: bool = False


class PurgedOut(Answer):
    """What was purged. Messages of living jobs are rung again; `more` says that still more jobs wait."""

    messages: int
    jobs: int
    rung_again: int
    more: bool


class AskMessages(Shape):
    """Which page of what lies in the broker."""

    offset: int = Field(0, ge=0, le=100_000_000)
    limit: int = Field(50, ge=1, le=200)


class MessageOut(Answer):
    """A message as the broker holds it; `step` 0 is taken before 3, 6 and 9. `isOurs` is false for what no release sent."""

    position: int
    step: int
    job_id: str
    name: str
    args: list[Any]
    kwargs: dict[str, Any]
    is_ours: bool


class TakenOut(MessageOut):
    """A message that a worker took and has not answered for."""

    taken_s: float
    redelivered_in_s: float


class MessagesOut(Answer):
    """What stands in a queue, the next to be taken first, and what workers have of it."""

    total: int
    items: list[MessageOut]
    taken: list[TakenOut]


class RuleOut(Answer):
    """A rule and how it is kept: `standing` is danger, warning, unknown, note or kept; `fix` is empty when it is kept."""

    code: str
    title: str
    why: str
    standing: str
    found: str
    fix: str


class ReliabilityOut(Answer):
    """Every rule, the worst first. `isSafe` is false when jobs can be lost or done twice."""

    is_safe: bool
    items: list[RuleOut]
    next_cursor: str | None = None
