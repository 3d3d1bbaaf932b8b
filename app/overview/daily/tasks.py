"""Daily figures as a job."""

from typing import Any

from app.core.tasks import job
from app.overview.daily import service


@job(queue="analytics", name="analytics.roll_up")
def roll_up(days: int | None = None) -> dict[str, Any]:
    """Add up the sales of the newest days."""
    return {"days": service.roll_up(days), "page": "/"}
