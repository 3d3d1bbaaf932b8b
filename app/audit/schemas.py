"""What the audit can be asked for, and how it answers."""

from datetime import date
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StringConstraints

from app.core.shapes import Answer, Instant, OptionalText, Shape, refuse_nul

MOST = 200
Exact = Annotated[str, BeforeValidator(refuse_nul), StringConstraints(max_length=200)] | None


class AuditExport(Shape):
    """Which entries. Everything is compared exactly; all conditions hold together.

    Attributes:
        who: A person's public id, or their e-mail address.
        row: The object, as its topic names rows: an order's number, a flag's key.
        request: The id that joins what one request did.
        from_: The first day, in the reader's time zone.
        to: The last day, which counts whole.
        q: Any one of them: an object, a request, a person, an entry.
    """

    who: Exact = None
    topic: Exact = None
    type: Exact = None
    row: Exact = None
    request: Exact = None
    from_: date | None = Field(None, alias="from")
    to: date | None = None
    q: OptionalText = ""

    @property
    def has_conditions(self) -> bool:
        """Say whether anything is left out."""
        return any((self.who, self.topic, self.type, self.row, self.request, self.from_, self.to, self.q))


class AuditQuery(AuditExport):
    """A page of the entries that match."""

    limit: int = Field(50, ge=1, le=MOST)
    after: str | None = Field(None, max_length=300)


class AuditExportQueued(Answer):
    """The job that writes the file."""

    job_id: str


class Change(Answer):
    """A field before and after; null on the side where there was nothing."""

    before: Any = None  # Any: the field's own type
    after: Any = None


class AuditEntryOut(Answer):
    """One thing that was done."""

    id: str
    at: Instant
    sentence: str
    type: str
    topic: str
    row: str | None
    actor: dict[str, Any]
    reason: str
    changes: dict[str, Change]
    data: dict[str, Any]
    request_id: str
    company: str


class AuditOut(Answer):
    """A page of the audit, newest first."""

    items: list[AuditEntryOut]
    next_cursor: str | None
