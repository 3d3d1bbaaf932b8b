"""What can be wrong with telling a worker something."""

from app.core.errors import Problem


class WorkerNotFound(Problem, code="worker-not-found", status=404):
    """There is no worker {node}. It never answered here, or has been silent for more than an hour."""

    node: str


class LastSlot(Problem, code="last-slot", status=409):
    """{node} has {slots}. A worker keeps at least one, or it takes jobs and runs none. To end it, shut it down."""

    node: str
    slots: str


class NoWorkers(Problem, code="no-workers", status=409):
    """There is no worker to tell. Start one: celery -A app.worker worker."""
