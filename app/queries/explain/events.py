"""Facts about plans that were asked for."""

from app.core.outbox import Fact


class StatementExplained(Fact, type="statement.explained", topic="queries", row="fingerprint"):
    """Somebody asked how a statement is planned.

    Attributes:
        statement: Without a value in it.
        how: `known` planned it, `analyze` ran it, `typed` planned a text on the database without data.
    """

    fingerprint: str
    statement: str
    how: str
