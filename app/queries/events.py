"""Facts about statements. Each part of this feature that tells something has its facts here."""

from app.core.outbox import Fact


class StatementKnown(Fact, type="statement.known", topic="queries", row="fingerprint"):
    """Somebody said that a statement's cost is known and fine; nobody is told of it until its plan changes."""

    fingerprint: str
    statement: str
    reason: str


class StatementWatched(Fact, type="statement.watched", topic="queries", row="fingerprint"):
    """A statement that was known is watched as all others again."""

    fingerprint: str
    statement: str
    reason: str


class StatementsForgotten(Fact, type="statements.forgotten", topic="queries"):
    """Somebody deleted what was measured of statements; PostgreSQL's own counters are not touched."""

    reason: str


class StatementTroubled(Fact, type="statement.troubled", topic="queries", row="fingerprint"):
    """Something about a statement that people are told of.

    Attributes:
        kind: `slower`, `new`, `timeouts` or `plan`.
    """

    fingerprint: str
    kind: str
    sentence: str


class BackendStopped(Fact, type="backend.stopped", topic="queries", row="backend"):
    """Somebody stopped what a connection to PostgreSQL was doing.

    Attributes:
        backend: Its process id.
        how: `cancel` ended its statement, `terminate` its connection.
        state: What it was at: `active`, `idle in transaction`.
        statement: Without values.
        queryid: PostgreSQL's name of the statement.
        held_up: How many others waited for it.
    """

    backend: str
    how: str
    role: str
    application: str
    state: str
    statement: str
    queryid: str
    runs_s: float
    held_up: int
    reason: str


class DatabaseTroubled(Fact, type="database.troubled", topic="queries", row="what"):
    """Something about the database that people are told of: who blocks, what ends, who is behind."""

    what: str
    sentence: str
