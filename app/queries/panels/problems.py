"""Why a backend is not stopped."""

from app.core.errors import Problem


class BackendGone(Problem, code="backend-gone", status=404):
    """This backend is no longer there. It ended, or its process id belongs to another one by now; read the page again."""


class BackendProtected(Problem, code="backend-protected", status=409):
    """This backend is not stopped from here. It belongs to a superuser or to the server itself."""


class BackendIdle(Problem, code="backend-idle", status=409):
    """It runs no statement that could be cancelled. Terminate it: its transaction is rolled back, and its locks are free."""


class SignalForbidden(Problem, code="signal-forbidden", status=409):
    """The login that watches may not stop what others do. An administrator gives it the right: {mend}"""

    mend: str
