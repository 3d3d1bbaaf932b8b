"""What can go wrong with reports."""

from app.core.errors import Problem


class ReportNotMade(Problem, code="report-not-made", status=409):
    """This report has no such file. It is still being made, or was asked for in other formats."""


class ReportExpired(Problem, code="report-expired", status=410):
    """The files of this report are gone. They are kept for {days} days; make it again."""

    days: int


class NotOfThisCompany(Problem, code="mail-to-unknown", status=422):
    """A report is mailed to people of the company only. {count} of those named are not, or may not come in."""

    count: int
