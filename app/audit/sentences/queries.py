"""Statements: what was said of them, and what was told."""

from app.audit.sentences.words import Data, count, quote, says


@says("statement.known")
def statement_known(data: Data) -> str:
    """Its cost is fine."""
    return f"marked the statement {data['statement']} as known: {quote(data['reason'])}"


@says("statement.watched")
def statement_watched(data: Data) -> str:
    """Its cost counts again."""
    because = f": {quote(data['reason'])}" if data.get("reason") else ""
    return f"had the statement {data['statement']} watched again{because}"


@says("statements.forgotten")
def statements_forgotten(data: Data) -> str:
    """The history is empty."""
    return f"deleted what was measured of statements: {quote(data['reason'])}"


@says("statement.troubled")
def statement_troubled(data: Data) -> str:
    """People are told."""
    return f"saw trouble with a statement: {quote(data['sentence'])}"


@says("backend.stopped")
def backend_stopped(data: Data) -> str:
    """Something that ran in PostgreSQL was ended."""
    what = "cancelled the statement" if data["how"] == "cancel" else "ended the connection"
    waited = f", which held up {count(data['heldUp'], 'other')}" if data.get("heldUp") else ""
    return f"{what} of backend {data['backend']} ({data['role']}){waited}: {quote(data['reason'])}"


@says("database.troubled")
def database_troubled(data: Data) -> str:
    """People are told."""
    return f"saw trouble with the database: {quote(data['sentence'])}"


@says("statement.explained")
def statement_explained(data: Data) -> str:
    """Somebody looked at a plan."""
    how = {"analyze": "ran once, to see its plan,", "typed": "typed, and had planned without data,"}
    return f"{how.get(str(data['how']), 'had planned')} the statement {quote(str(data['statement'])[:200])}"
