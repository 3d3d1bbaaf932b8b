"""Where a document is."""

from enum import StrEnum


class DocumentState(StrEnum):
    """From the file to the order."""

    READING = "reading"
    READ = "read"
    FAILED = "failed"
    ORDERED = "ordered"
    DISCARDED = "discarded"
