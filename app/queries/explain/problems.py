"""Why a statement is not planned: never in the server's words, which may hold values of rows."""

from app.core.errors import Problem


class ExplainMissing(Problem, code="explain-missing", status=503):
    """Statements are not planned here. DATABASE_EXPLAIN_URL is not set; docs/operations.md says which login it names."""


class ExplainUnsafe(Problem, code="explain-unsafe", status=503):
    """Statements are not planned here. The login of DATABASE_EXPLAIN_URL may do too much: {right}."""

    right: str


class ExplainAway(Problem, code="explain-away", status=503):
    """The database does not answer the login that plans statements. Try again, or see what /health/ready says."""


class ExplainBusy(Problem, code="explain-busy", status=503):
    """Another statement is being planned. They are planned one at a time; try again in a moment."""


class ExplainRefused(Problem, code="explain-refused", status=422):
    """This statement is not planned here. {reason}"""

    reason: str


class ExplainFailed(Problem, code="explain-failed", status=422):
    """PostgreSQL did not plan it. {reason} (SQLSTATE {sqlstate})"""

    reason: str
    sqlstate: str


class ShadowAway(Problem, code="shadow-away", status=503):
    """There is no database without data to plan it on. {reason}"""

    reason: str
