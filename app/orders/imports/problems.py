"""What can be wrong with a file as a whole. What is wrong with one line is a reason in the report."""

from app.core.errors import Problem


class EmptyFile(Problem, code="import-file-empty", status=422):
    """This file is empty. Export it again from where it comes; the first line must name the columns."""


class NoLines(Problem, code="import-no-lines", status=422):
    """This file has no lines below the one that names the columns. Export it again with the rows it should bring."""


class NotCsv(Problem, code="import-not-csv", status=422):
    """This file is not a CSV. {reason} Save it as CSV, plain or packed as .xz or .gz, and bring it again."""

    reason: str


class WrongHeader(Problem, code="import-wrong-header", status=422):
    """The first line does not name the columns we need. Missing: {missing}. Found: {found}."""

    missing: str
    found: str


class NoFile(Problem, code="import-no-file", status=422):
    """No file was sent. Choose a CSV file, or send it as the body."""


class TooManyBadLines(Problem, code="import-too-many-bad-lines", status=422):
    """More than {limit} lines of this file cannot be read. The first is line {line}: {reason} Nothing after it was looked at."""

    limit: int
    line: int
    reason: str


class ImportIsRunning(Problem, code="import-already-started", status=409):
    """This import has been started already. Follow its progress on its page."""


class FileIsGone(Problem, code="import-file-gone", status=409):
    """The uploaded file is no longer kept here. Upload it again; what was imported before is not imported twice."""
