"""Index advice as JSON. Costs are the planner's unit, shares between 0 and 1."""

from typing import Literal

from pydantic import Field

from app.core.shapes import Answer, Instant, OptionalText, Shape
from app.queries.api.schemas import Reason


class AskAdvice(Shape):
    """Which advice."""

    state: Literal["open", "dismissed", "built", "confirmed", "worse", "gone"] = "open"
    kind: Literal["", "create", "drop-unused", "drop-duplicate", "rebuild-invalid"] = ""
    table: OptionalText = ""


class Dismiss(Shape):
    """Why it is not wanted; kept in the audit."""

    reason: Reason


class HelpedOut(Answer):
    """What an index would do to one statement.

    Attributes:
        inside: The function whose inner statement `text` is; `fingerprint` and `calls` are of the statement that calls it.
    """

    fingerprint: str
    inside: str = ""
    text: str
    calls: int
    timeouts: int
    total_ms: float
    before: float
    after: float
    blocks_a_call: float


class CallOut(Answer):
    """What a call costs, weighted by how often each statement runs now; `blocks` are of 8 KiB."""

    ms: float
    blocks: float


class VerdictOut(Answer):
    """What an index did once it was there."""

    state: str
    sentence: str
    before: CallOut
    after: CallOut
    ratio: float
    scans: int


class AdviceOut(Answer):
    """An index to make or to drop.

    Attributes:
        evidence_level: 1 a rule, 2 the planner, 3 measured, 4 observed after it was built.
        not_enough: Why it is not proposed yet; empty when there is evidence enough.
        estimated_improvement: The share of the planner's cost that would be saved; no promise of time.
    """

    id: str
    kind: str
    table: str
    index: str
    title: str
    columns: list[str]
    include: list[str] = Field(default_factory=list)
    where: str = ""
    method: str = "btree"
    definition: str
    reason: str
    priority: str
    state: str
    proof: str
    evidence_level: int
    not_enough: list[str]
    estimated_improvement: float | None
    cost_before: float | None
    cost_after: float | None
    size_bytes: int = 0
    write_overhead: float | None
    entries_a_day: int | None
    helped: int = 0
    planned: int = 0
    beside: str = ""
    scans: int | None = None
    statements: list[HelpedOut]
    verdict: VerdictOut | None
    found_at: Instant
    checked_at: Instant
    built_at: Instant | None
    dismissed_by: str
    dismissed_reason: str
    version: int


class LookOut(Answer):
    """The look that was asked for last.

    Attributes:
        state: `queued`, `running`, `done`, `failed`, `cancelled` or `discarded`.
        error: Why it did not end well; "" when nothing went wrong.
        at: When it ended, else when it began, else when it was asked for.
    """

    job_id: str
    state: str
    error: str
    at: Instant


class IndexesOut(Answer):
    """What could be done about indexes.

    Attributes:
        looked_at: When the last look that ended well did; null when none ever did, and then the lists say nothing.
    """

    looked_at: Instant | None
    last_look: LookOut | None
    recommendations: list[AdviceOut]
    duplicates: list[AdviceOut]
    unused: list[AdviceOut]
    invalid: list[AdviceOut]


class AdviceListOut(Answer):
    """Advice, what matters most first."""

    items: list[AdviceOut]


class LookQueued(Answer):
    """The job that looks."""

    job_id: str
