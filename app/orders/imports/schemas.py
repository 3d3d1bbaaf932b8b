"""Imports as forms and JSON."""

from typing import Annotated, Any

from pydantic import Field, StringConstraints

from app.core.shapes import Answer, Instant, Shape
from app.orders.imports.models import Import, ImportKind, ImportState

Source = Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=r"^[a-z0-9][a-z0-9._-]*$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f/\\]+$")]


class UploadQuery(Shape):
    """How a file is named. `source` says whose invoice numbers these are; the same number of two sources is two orders."""

    source: Source = "sales"
    name: Name = "file.csv"


class PageQuery(Shape):
    """A page of a list."""

    limit: int = Field(50, ge=1, le=200)
    after: str | None = Field(None, max_length=300)


class ImportOut(Answer):
    """One import. `report` is there when it is done, `error` when it failed."""

    id: str
    kind: ImportKind
    state: ImportState
    source: str
    file_name: str
    size_bytes: int
    job_id: str | None
    preview: dict[str, Any]
    report: dict[str, Any] | None
    error: str
    created_at: Instant
    finished_at: Instant | None

    @classmethod
    def of(cls, row: Import) -> "ImportOut":
        """Build it from the row."""
        return cls.model_validate(row)


class SkipOut(Answer):
    """One line that was left out."""

    line_no: int
    reason: str
    line: str


class SkipsOut(Answer):
    """A page of lines that were left out, in the order of the file."""

    items: list[SkipOut]
    next_cursor: str | None
