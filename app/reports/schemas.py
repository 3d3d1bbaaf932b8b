"""Reports as JSON and as a form."""

from datetime import date
from typing import Annotated, Self

from pydantic import Field, model_validator

from app.core.shapes import Answer, Instant, Shape, Text
from app.reports.periods import Preset
from app.reports.states import Format, Kind

# Days beyond these are nobody's, and the ends of the calendar have no midnight in every zone.
Day = Annotated[date, Field(ge=date(1970, 1, 1), le=date(2199, 12, 31))]


class NewReport(Shape):
    """A report to make: of a preset, or of days.

    Attributes:
        from_: The first day, in the company's time zone.
        to: The last day, which counts whole.
        mail_to: Ids of people of the company who get the files.
    """

    kind: Kind
    period: Preset | None = None
    from_: Day | None = Field(None, alias="from")
    to: Day | None = None
    formats: list[Format] = Field(default_factory=lambda: [Format.PDF], min_length=1, max_length=3)
    mail_to: list[Text] = Field(default_factory=list, max_length=50)

    @model_validator(mode="after")
    def one_period(self) -> Self:
        """Want a preset or both days."""
        if self.period is None and (self.from_ is None or self.to is None):
            raise ValueError("give a period, or the days from and to")
        return self


class ReportQuery(Shape):
    """Which page of the list."""

    limit: int = Field(50, ge=1, le=200)
    after: str | None = Field(None, max_length=300)


class FileOut(Answer):
    """One file of a report."""

    href: str
    size_bytes: int
    sha256: str


class ReportOut(Answer):
    """A report; `files` by format, once it is made."""

    id: str
    kind: Kind
    period: str
    since: Instant
    until: Instant
    zone: str
    formats: list[Format]
    totals: list[str]
    job_id: str | None
    files: dict[str, FileOut]
    created_at: Instant
    finished_at: Instant | None


class ReportsOut(Answer):
    """A page of reports, newest first."""

    items: list[ReportOut]
    next_cursor: str | None
