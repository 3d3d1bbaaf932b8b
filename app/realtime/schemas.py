"""Shapes of `/api/events`."""

from typing import Any

from pydantic import Field

from app.core.shapes import Answer, Shape


class EventsQuery(Shape):
    """Which events."""

    topic: str = Field(min_length=1, max_length=60)
    after: int = Field(0, ge=0, le=2**62)
    limit: int = Field(100, ge=1, le=1000)
    company_id: str | None = Field(None, max_length=100)


class StreamQuery(Shape):
    """Which topics, separated by commas; all you may read when left out."""

    topic: str = Field("", max_length=400)
    after: str = Field("", max_length=400)
    company_id: str | None = Field(None, max_length=100)


class EventOut(Answer):
    """One fact."""

    seq: int
    id: str
    type: str
    time: str
    data: dict[str, Any]


class EventsOut(Answer):
    """Facts after a position.

    `through` is the position they bring you to: pass it as the next `after`. It may be beyond the last event
    shown, because facts for one other person are left out.
    """

    epoch: str
    head: int
    through: int
    events: list[EventOut]


class SocketStats(Answer):
    """Open sockets: of your company, or of all for a platform admin."""

    total_connections: int
    connections_by_company: dict[str, int]
