"""Documents as JSON and as the form that confirms them."""

from typing import TYPE_CHECKING, Annotated

from pydantic import Field, StringConstraints

from app.core.shapes import Answer, Instant, Shape

if TYPE_CHECKING:
    from app.documents.models import Document

FileName = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f/\\]+$")]


class UploadQuery(Shape):
    """How a file sent as the body is named."""

    name: FileName = "document"


class PageQuery(Shape):
    """A page of documents."""

    limit: int = Field(50, ge=1, le=200)
    after: str | None = Field(None, max_length=300)


class ProposedLineOut(Answer):
    """A line that seems to be meant. `confidence` is 0 to 1: the weaker of item and quantity."""

    text: str
    sku: str
    name: str
    quantity: int
    unit_price: str | None
    confidence: float
    others: list[str]


class DocumentRow(Answer):
    """One document in a list."""

    id: str
    file_name: str
    kind: str
    size_bytes: int
    state: str
    error: str
    job_id: str | None
    order_number: int | None
    created_at: Instant
    read_at: Instant | None


class DocumentOut(DocumentRow):
    """One document with what was read in it."""

    text: str
    customer: str
    lines: list[ProposedLineOut]

    @classmethod
    def of(cls, row: "Document") -> "DocumentOut":
        """Build it from the row."""
        return cls.model_validate(row)


class DocumentsOut(Answer):
    """A page of documents, newest first."""

    items: list[DocumentRow]
    next_cursor: str | None
