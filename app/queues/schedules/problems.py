"""What can be wrong with an act on a schedule."""

from app.core.errors import Problem


class ScheduleNotFound(Problem, code="schedule-not-found", status=404):
    """There is no such schedule. It may have been deleted; the list shows those there are."""


class ScheduleIsShipped(Problem, code="schedule-is-shipped", status=409):
    """{schedule} comes with the product and cannot be deleted. Pause it instead; it then never runs."""

    schedule: str


class JobUnknown(Problem, code="schedule-job-unknown", status=409):
    """Nothing here knows the job {job}. This release has no code for it, so it cannot run."""

    job: str


class ScheduleIsPaused(Problem, code="schedule-is-paused", status=409):
    """{schedule} is paused, so no next time can be skipped. Resume it first."""

    schedule: str


class NothingSkipped(Problem, code="schedule-nothing-skipped", status=409):
    """No coming run of {schedule} is skipped. The one that was skipped is over, or somebody took it back already."""

    schedule: str
