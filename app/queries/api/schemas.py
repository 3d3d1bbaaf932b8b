"""Statements as JSON. Durations are milliseconds, shares between 0 and 1."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from app.core.shapes import Answer, Instant, OptionalText, Shape, refuse_nul

Window = Literal["1h", "24h", "7d"]
Reason = Annotated[str, BeforeValidator(refuse_nul), StringConstraints(min_length=1, max_length=500)]


class AskMetrics(Shape):
    """Which statements, of which window, in which order.

    `slowOnly` leaves those with a p95 of `watchMs` or longer and those stopped by a time limit: what `isSlow` says.
    `companyId` is a company's short name; `q` takes words of SQL, `table:`, `from:` and `company:`.
    """

    window: Window = "1h"
    sort: Literal["total", "p95", "calls", "mean", "timeouts"] = "total"
    slow_only: bool = False
    company_id: OptionalText = ""
    q: OptionalText = ""
    limit: int = Field(50, ge=1, le=200)
    after: str | None = Field(None, max_length=500)


class AskStatistics(Shape):
    """Of which window, of which company: `companyId` is its short name."""

    window: Window = "1h"
    company_id: OptionalText = ""


class AskWindow(Shape):
    """Of which window."""

    window: Window = "1h"


class AskRepeats(Shape):
    """How many."""

    limit: int = Field(50, ge=1, le=200)


class Forget(Shape):
    """Why; it is kept in the audit."""

    reason: Reason


class MarkKnown(Shape):
    """Why its cost is fine."""

    reason: Reason


class FiguresOut(Answer):
    """What one statement cost in a span. Percentiles are exact to 1 %, null without a call."""

    calls: int
    errors: int
    timeouts: int
    rows: int
    total_ms: float
    mean_ms: float | None
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    max_ms: float | None
    share: float


class MetricOut(FiguresOut):
    """One statement: `before` is the span before, null when it was not called then.

    Its times are as the application saw them; `serverMs` is PostgreSQL's own time on the same calls, null while not
    known, and `isElsewhere` is true where most was not in PostgreSQL: ten times its own and a second in all.
    `isSlow` is true from a p95 of `watchMs`, and when a call was stopped by a time limit.
    `cacheShare` is the share of blocks PostgreSQL found in memory; null while its counters know no such statement.
    """

    fingerprint: str
    statement: str
    verb: str
    tables: list[str]
    is_slow: bool
    before: FiguresOut | None
    origins: list[str]
    cache_share: float | None
    server_ms: float | None
    is_elsewhere: bool
    known_at: Instant | None
    known_by: str
    known_reason: str
    first_seen_at: Instant


class MetricsOut(Answer):
    """Statements of a window. `slowMs` is from where a call is slow, `statements` how many there are in all."""

    window: str
    since: Instant
    until: Instant
    slow_ms: int
    watch_ms: int
    statements: int
    calls: int
    total_ms: float
    items: list[MetricOut]
    next_cursor: str | None


class CompanyOut(Answer):
    """Whose time it was."""

    company: str
    name: str
    calls: int
    total_ms: float
    share: float


class StatisticsOut(Answer):
    """All statements of a window together.

    `slow` calls took `slowMs` or longer. `cacheHitRate` is the share of blocks that PostgreSQL found in memory, over
    all companies: null when one company is asked for, and while its counters were not read.
    """

    window: str
    since: Instant
    until: Instant
    company: str | None
    statements: int
    calls: int
    errors: int
    timeouts: int
    slow: int
    watched: int
    slow_ms: int
    watch_ms: int
    total_ms: float
    avg_ms: float | None
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    cache_hit_rate: float | None


class OriginOut(Answer):
    """Where a statement is sent from."""

    endpoint: str
    line: str
    calls: int
    total_ms: float
    last_seen_at: Instant


class SampleOut(Answer):
    """One call. Never with a value."""

    at: Instant
    kind: str
    took_ms: float
    rows: int
    sqlstate: str
    endpoint: str
    line: str
    request_id: str
    job_id: str


class ChangeOut(Answer):
    """Something that happened to it."""

    at: Instant
    kind: str
    sentence: str


class StatementOut(MetricOut):
    """One statement with where it comes from, whose time it takes and what happened to it. queryids are text."""

    window: str
    queryids: list[str]
    called_from: list[OriginOut]
    companies: list[CompanyOut]
    samples: list[SampleOut]
    changes: list[ChangeOut]


class RepeatOut(Answer):
    """A statement that one request sent again and again: `most` times in the worst, in `times` requests."""

    fingerprint: str
    statement: str
    endpoint: str
    line: str
    kind: str
    times: int
    most: int
    advice: str
    request_id: str
    first_seen_at: Instant
    last_seen_at: Instant


class RepeatsOut(Answer):
    """Repeated reads, the worst first."""

    items: list[RepeatOut]


class HealthOut(Answer):
    """How statements are watched and what they do: `ok`, `starting`, `degraded` or `down`, with the reasons in sentences.

    `starting` in the first minutes of an installation, while nothing is known yet; `down` when nothing is written down any more; `degraded` when statements run out of time or became much slower,
    or when PostgreSQL's own counters cannot be read.
    """

    status: Literal["ok", "starting", "degraded", "down"]
    problems: list[str]
    folded_at: Instant | None
    server_read_at: Instant | None
    timing_out: int
    slower: int
