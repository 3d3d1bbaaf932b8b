"""What is known of statements. Everything belongs to the installation: rows have the platform company's id."""

from app.queries.models.known import Advice, Change, Plan
from app.queries.models.measured import (
    CompanyHour,
    Counts,
    Fold,
    Origin,
    Repeat,
    Sample,
    Statement,
    StatementHour,
    StatementMinute,
)
from app.queries.models.ours import Ours
from app.queries.models.server import ServerCounter, ServerHour, ServerMinute, ServerStatement, ServerSums

__all__ = [
    "Advice",
    "Change",
    "CompanyHour",
    "Counts",
    "Fold",
    "Origin",
    "Ours",
    "Plan",
    "Repeat",
    "Sample",
    "ServerCounter",
    "ServerHour",
    "ServerMinute",
    "ServerStatement",
    "ServerSums",
    "Statement",
    "StatementHour",
    "StatementMinute",
]
