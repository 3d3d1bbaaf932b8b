"""Jobs as JSON."""

from typing import Any

from pydantic import Field

from app.core.jobs import Job, JobState
from app.core.shapes import Answer, Instant, Shape


class JobQuery(Shape):
    """What a list of jobs can be asked for."""

    state: JobState | None = None
    limit: int = Field(50, ge=1, le=200)
    after: str | None = Field(None, max_length=300)


class JobOut(Answer):
    """One job."""

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

    @classmethod
    def of(cls, job: Job) -> "JobOut":
        """Build it from the row."""
        return cls.model_validate(job)


class JobsOut(Answer):
    """A page of jobs."""

    items: list[JobOut]
    next_cursor: str | None
