"""Jobs as JSON."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from app.core.jobs import Attempt, Job, JobState, LogLine
from app.core.shapes import Answer, Instant, OptionalText, Shape, Text
from app.queues.detail import Branch, JobDetail
from app.queues.failures import Group
from app.queues.filter import JobFilter
from app.queues.matching import BulkAct


class JobOut(Answer):
    """One job.

    Attributes:
        company: The short name of whose it is; only where jobs of all companies are shown.
        due_at: Not before; null for at once.
        is_exact: False when something secret was masked in its arguments: it cannot be sent again as it was.
        signature: What its failure has in common with others; empty without one.
    """

    id: str
    name: str
    queue: str
    title: str
    state: JobState
    done: int
    total: int | None
    message: str
    result: dict[str, Any] | None
    error: str
    attempts: int
    created_at: Instant
    started_at: Instant | None
    finished_at: Instant | None
    version: int
    priority: int
    due_at: Instant | None
    is_exact: bool
    signature: str
    worker: str
    request_id: str
    root_id: str
    parent_id: str | None
    retry_of: str | None
    schedule_id: str | None
    dedupe_key: str | None
    company: str | None = None

    @classmethod
    def of(cls, job: Job, companies: Mapping[int, tuple[str, str]] | None = None) -> "JobOut":
        """Build it from the row, and from the short names of companies where several are shown."""
        made = cls.model_validate(job)
        made.company = companies[job.company_id][0] if companies and job.company_id in companies else None
        return made


class JobsOut(Answer):
    """A page of jobs.

    Attributes:
        looked_back_to: Set when the search stopped there before the page was full; `after` goes on from there.
    """

    items: list[JobOut]
    next_cursor: str | None
    looked_back_to: Instant | None = None


class AttemptOut(Answer):
    """One run of a job; `outcome` is done, failed, cancelled or lost, and null while it runs."""

    number: int
    worker: str
    pid: int
    release: str
    started_at: Instant
    ended_at: Instant | None
    waited_ms: int
    ran_ms: int | None
    outcome: str | None
    error: str
    error_type: str
    traceback: str
    signature: str

    @classmethod
    def of(cls, attempt: Attempt) -> "AttemptOut":
        """Build it from the row."""
        return cls.model_validate(attempt)


class LogLineOut(Answer):
    """A line that a job said while it ran."""

    attempt: int
    number: int
    at: Instant
    level: str
    text: str

    @classmethod
    def of(cls, line: LogLine) -> "LogLineOut":
        """Build it from the row."""
        return cls.model_validate(line)


class BranchOut(Answer):
    """A job in a tree, and what it caused."""

    id: str
    name: str
    title: str
    state: JobState
    children: list["BranchOut"]


class JobDetailOut(JobOut):
    """One job with all that is known of it.

    Attributes:
        args: The exact arguments; masked ones say so, and then `isExact` is false.
        verdict: Why it waits, runs, or ended as it did, in one sentence.
        evidence: What ledger, broker and workers say about where it is, while that is a question.
        log: The newest lines of all attempts, oldest first.
        tree: The whole tree from its root, when there is one.
    """

    args: dict[str, Any]
    verdict: str
    evidence: list[str]
    runs: list[AttemptOut]
    log: list[LogLineOut]
    tree: BranchOut | None


class RepeatJob(Shape):
    """Sending a job again. With arguments it is another job, which the role must allow."""

    args: dict[str, Any] | None = None


class PrioritizeJob(Shape):
    """How soon a waiting job is released among its like: -9 to 9, higher is sooner."""

    priority: int = Field(ge=-9, le=9)


class CancelledTree(Answer):
    """How many jobs of a tree were alive and are cancelled now, or asked to stop."""

    stopped: int


class GiveReason(Shape):
    """Why; kept in the audit."""

    reason: Text


class ActOnMatching(Shape):
    """An act on all jobs that match.

    Attributes:
        filter: As in the address of the list; jobs sent later than now are not meant.
        reason: Needed to discard; kept in the audit.
        per_second: Retried jobs are released at this pace, the first of them after 30 s.
        dry_run: Only find out what would become of each.
    """

    act: BulkAct
    filter: JobFilter = Field(default_factory=JobFilter)
    reason: OptionalText = ""
    per_second: int = Field(20, ge=1, le=1000)
    dry_run: bool = False

    @model_validator(mode="after")
    def check_reason(self) -> Self:
        """Refuse to give many up for no reason."""
        if self.act is BulkAct.DISCARD and not self.dry_run and not self.reason:
            raise ValueError("say why: discarding needs a reason")
        return self


class BulkStarted(Answer):
    """The job that does it, and what it reaches; `isBounded` when there are at least so many."""

    job_id: str
    count: int
    is_bounded: bool


class UndoStarted(Answer):
    """The job that takes it back."""

    job_id: str


class FailureQuery(Shape):
    """Which groups of failures."""

    window: Literal["1h", "24h", "7d", "30d"] = "24h"
    muted: bool = False


class GroupOut(Answer):
    """Failures with one signature: `count` in the window, `total` ever; `spark` is the window in 24 parts."""

    signature: str
    name: str
    queue: str
    error_type: str
    error: str
    count: int
    total: int
    first_seen: Instant
    last_seen: Instant
    first_release: str
    last_release: str
    last_job_id: str
    companies: int
    muted_until: Instant | None
    spark: list[int] = Field(default_factory=list)

    @classmethod
    def of(cls, group: Group) -> "GroupOut":
        """Build it from the figures."""
        made = cls.model_validate(group.figures)
        made.spark = list(group.spark)
        return made


class FailuresOut(Answer):
    """Groups of failures."""

    items: list[GroupOut]


class JobQuery(JobFilter):
    """What a list of jobs can be asked for."""


def branch_of(branch: Branch) -> BranchOut:
    """Build a tree from its root."""
    job = branch.job
    children = [branch_of(child) for child in branch.children]
    return BranchOut(id=job.id, name=job.name, title=job.title, state=job.state, children=children)


def detail_of(detail: JobDetail, verdict: str, evidence: Sequence[str] = ()) -> JobDetailOut:
    """Build the whole of a job."""
    job = JobOut.of(detail.job).model_dump()
    return JobDetailOut(
        **job, args=detail.job.args, verdict=verdict, evidence=list(evidence), runs=[AttemptOut.of(run) for run in detail.runs],
        log=[LogLineOut.of(line) for line in reversed(detail.lines)],
        tree=branch_of(detail.tree) if detail.tree is not None else None,
    )  # fmt: skip
