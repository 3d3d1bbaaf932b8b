"""PostgreSQL's own counters and plans as JSON. Times are milliseconds, blocks of 8 KiB, queryids text."""

from typing import Any, Literal

from app.core.shapes import Answer, Instant, Shape


class AskServer(Shape):
    """Of which window."""

    window: Literal["1h", "24h", "7d"] = "1h"


class ServerFiguresOut(Answer):
    """What PostgreSQL counted; calls that failed or were stopped are not among them."""

    calls: int
    exec_ms: float
    plan_ms: float
    rows: int
    hit: int
    read: int
    read_ms: float
    temp_read: int
    temp_written: int
    wal_bytes: int
    cache_share: float | None
    queryids: list[str]


class ServerOnlyOut(Answer):
    """A statement the app never measured. Nested ones ran inside another statement, whose time holds theirs."""

    fingerprint: str
    text: str
    is_nested: bool
    roles: list[str]
    figures: ServerFiguresOut


class NoticeOut(Answer):
    """Something that keeps the figures from being whole, and what mends it."""

    code: str
    sentence: str
    mend: str
    is_serious: bool


class ServerOut(Answer):
    """All that PostgreSQL counted in a window.

    `evicted` is how often it dropped entries because it holds too many, `resetAt` when somebody cleared them, `held`
    how many it holds. `items` is what the app never measured, the most time first.
    """

    window: str
    since: Instant
    until: Instant
    read_at: Instant | None
    evicted: int
    reset_at: Instant | None
    held: int
    statements: int
    figures: ServerFiguresOut
    notices: list[NoticeOut]
    items: list[ServerOnlyOut]


class PlanOut(Answer):
    """One way a statement was planned, without a value in it. Plans of one `structure` differ in figures alone."""

    id: str
    structure: str
    how: str
    cost: float
    release: str
    taken_at: Instant
    last_seen_at: Instant
    seen: int
    plan: dict[str, Any]  # Any: PostgreSQL's own JSON, for other viewers of plans


class PlanChangeOut(Answer):
    """A change of plan. `detail` has both plans' ids, costs and releases, and what calls took before and after."""

    at: Instant
    sentence: str
    detail: dict[str, Any]  # Any: figures of all kinds


class PlansOut(Answer):
    """How a statement was planned over time, the newest first."""

    items: list[PlanOut]
    changes: list[PlanChangeOut]
