"""What can be wrong about a statement or a piece of advice somebody names."""

from app.core.errors import NotFound, Problem


class StatementNotFound(Problem, code="statement-not-found", status=404):
    """No such statement has been measured. It may have been forgotten, or never sent by this application."""


class AdviceNotFound(NotFound, code="advice-not-found", status=404):
    """There is no such advice. It may have been given up, because what it rested on is no longer so; look at the list."""
