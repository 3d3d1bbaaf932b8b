"""What can be wrong about a statement somebody names."""

from app.core.errors import Problem


class StatementNotFound(Problem, code="statement-not-found", status=404):
    """No such statement has been measured. It may have been forgotten, or never sent by this application."""
