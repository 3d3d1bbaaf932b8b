"""What can go wrong with migrations as acts."""

from app.core.errors import Problem


class MigrationNotThere(Problem, code="migration-not-there", status=404):
    """There is no such migration. Look at the list of migrations."""


class MigrationRuns(Problem, code="migration-runs", status=409):
    """Another migration runs. Two at once would fight over the same files: end or stop that one first."""


class WrongPhase(Problem, code="migration-phase", status=409):
    """The migration stands where this cannot be done. Look at its page for what can."""

    phase: str


class StillInGrace(Problem, code="migration-grace", status=409):
    """The source keeps its files until the days of grace are over. Wait, or shorten them first."""

    grace_until: str


class NotClean(Problem, code="migration-not-clean", status=409):
    """Some files could not be proven to be at the target. Try them again, or look at why, before anything is removed."""

    failures: int


class TargetUnfit(Problem, code="migration-target-unfit", status=409):
    """The doctor found that {target} must not be used: {reason} Mend that, examine it again, and plan anew."""

    target: str
    reason: str
