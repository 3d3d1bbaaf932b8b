"""What can be wrong with what is asked of the cache."""

from app.core.errors import Problem


class NothingKept(Problem, code="nothing-kept", status=404):
    """Nothing of that name is kept here."""

    kind: str
    value: str
