"""Telling people, as a job."""

from typing import Any

from app.core.tasks import current_job_id, job
from app.notifications.service import News, send_news


@job(queue="notification", name="notifications.send")
def send_notifications(
    kind: str, text: str, link: str = "", roles: list[str] | None = None, people: list[str] | None = None
) -> dict[str, Any]:
    """Tell people of this company something, by role or by id."""
    told = send_news(News(kind, text, link), roles=roles or [], people=people or [], job_id=current_job_id())
    return {"told": told}
