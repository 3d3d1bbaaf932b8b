"""Feeds as forms and JSON. What a partner sends is read in pages.py."""

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, Field, StringConstraints

from app.core.shapes import Answer, Instant, Shape, refuse_nul

if TYPE_CHECKING:
    from app.feeds.models import Feed, FeedRun

Name = Annotated[str, BeforeValidator(refuse_nul), StringConstraints(min_length=1, max_length=60)]
Url = Annotated[str, BeforeValidator(refuse_nul), StringConstraints(min_length=1, max_length=2000)]
Token = Annotated[
    str, BeforeValidator(refuse_nul), StringConstraints(max_length=500, pattern=r"^[\x21-\x7e]*$")
]  # what a header can hold


class NewFeed(Shape):
    """A feed to add. The token is sent as `Authorization: Bearer …` and never shown again."""

    name: Name
    url: Url
    token: Token = ""


class EditFeed(Shape):
    """What to change; an empty token keeps the one there is."""

    name: Name | None = None
    url: Url | None = None
    token: Token = ""


class PageQuery(Shape):
    """A page of runs."""

    limit: int = Field(20, ge=1, le=100)
    after: str | None = Field(None, max_length=300)


class FeedOut(Answer):
    """One feed, without its token."""

    id: str
    name: str
    url: str
    has_token: bool
    state: str
    cursor: str
    not_before: Instant | None
    last_run_at: Instant | None
    last_ok_at: Instant | None
    error: str
    version: int

    @classmethod
    def of(cls, row: "Feed") -> "FeedOut":
        """Build it from the row."""
        fields: dict[str, Any] = {name: getattr(row, name) for name in cls.model_fields if name != "has_token"}
        return cls(has_token=bool(row.token), **fields)


class FeedsOut(Answer):
    """All feeds of a company, by name."""

    items: list[FeedOut]


class RunOut(Answer):
    """One run: what it fetched and how it ended."""

    id: str
    job_id: str
    is_test: bool
    started_at: Instant
    ended_at: Instant | None
    pages: int
    placed: int
    known: int
    refused: int
    error: str

    @classmethod
    def of(cls, row: "FeedRun") -> "RunOut":
        """Build it from the row."""
        return cls.model_validate(row)


class RunsOut(Answer):
    """A page of runs, newest first."""

    items: list[RunOut]
    next_cursor: str | None


class RefusalOut(Answer):
    """An order, or a line of one, that could not be ordered; `line` is 0 for the order as a whole."""

    external_ref: str
    line: int
    sku: str
    quantity: str
    reason: str
    received_at: Instant


class RefusalsOut(Answer):
    """The newest refusals, 100 at most."""

    items: list[RefusalOut]


class StartedOut(Answer):
    """The job that was queued."""

    job_id: str
