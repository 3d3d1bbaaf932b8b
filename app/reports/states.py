"""What a report can be about, and how it can be written."""

from enum import StrEnum


class Kind(StrEnum):
    """What a report is about."""

    SALES = "sales"
    INVENTORY = "inventory"
    FINANCIAL = "financial"


class Format(StrEnum):
    """How it is written."""

    CSV = "csv"
    XLSX = "xlsx"
    PDF = "pdf"
